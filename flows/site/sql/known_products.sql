-- One row per product of the product list.
SELECT
    product_key, product, names, codes, target_antigens, construct, cell_type, cell_source, gene_delivery, costimulatory_domain,
    target_antigens_stated_in, cell_source_stated_in, cell_type_stated_in, gene_delivery_stated_in, costimulatory_domain_stated_in,
    target_antigens_url, cell_source_url, cell_type_url, gene_delivery_url, costimulatory_domain_url
FROM products
ORDER BY product_key
