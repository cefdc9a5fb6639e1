-- One row per CAR product of the trials asked for, in the trial's order; the name is the product list's where it has the product.
SELECT
    car_t_products.nct_id, product_no, car_t_products.product_key, car_t_products.product AS as_named,
    coalesce(products.product, car_t_products.product) AS product, product_codes, arm_labels,
    car_t_products.target_antigens, car_t_products.construct, car_t_products.cell_type, car_t_products.cell_source,
    car_t_products.gene_delivery, car_t_products.costimulatory_domain
FROM car_t_products
LEFT JOIN products ON products.product_key = car_t_products.product_key
WHERE car_t_products.nct_id IN (SELECT unnest($nct_ids))
ORDER BY car_t_products.nct_id, product_no
