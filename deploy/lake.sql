-- Run once, when PostgreSQL's data folder is new: the catalogue of the shared lake beside Prefect's database.
CREATE DATABASE lake OWNER cartrials;
