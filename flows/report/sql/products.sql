-- One row per CAR product of the trials asked for, in the trial's order.
SELECT nct_id, product_no, product, product_codes, arm_labels, target_antigens, construct, cell_type, cell_source, gene_delivery, costimulatory_domain
FROM car_t_products
WHERE nct_id IN (SELECT unnest($nct_ids))
ORDER BY nct_id, product_no
