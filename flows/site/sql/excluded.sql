-- One row per registration that the searches brought and that is out of scope, by the reason, newest first.
SELECT nct_id, brief_title, scope_reason, diseases, overall_status, first_posted_date, first_posted_date_precision, url
FROM trials
WHERE scope = 'out_of_scope'
ORDER BY scope_reason, first_posted_date DESC NULLS LAST, nct_id DESC
