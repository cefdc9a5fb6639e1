-- One value: the moment that t stands for. A DATE, or a day written as text, is the end of that day.
CREATE OR REPLACE MACRO as_moment(t) AS
    CASE
        WHEN typeof(t) = 'DATE' OR length(CAST(t AS VARCHAR)) = 10
            THEN CAST(t AS TIMESTAMP) + INTERVAL 1 DAY - INTERVAL 1 MICROSECOND
        ELSE CAST(t AS TIMESTAMP)
    END;
