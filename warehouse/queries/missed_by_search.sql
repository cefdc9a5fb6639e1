-- title: Trials that the search does not find
-- grain: one row per trial
-- reason: each is a word or a code that the watchlist lacks
-- counts: interventional trials in scope that no search leg ever found (they were named in a paper, asked for by number, or met in a
--   scan of the whole registry), and those that no search finds any more
-- narrows: car_t_trials
-- dates: first_posted_date
-- columns:
--   nct_id: the trial
--   brief_title: its title
--   sponsor: lead sponsor
--   diseases: diseases treated
--   products: products given
--   why: never found by a search, or no longer found by a search
--   words: words of the record that say CAR cells, the product or the disease: a search for them would have found it
--   words_not_searched: those of them that stand in no search of the registry; NULL where searches are not known
--   found_by: legs that brought it all the same, or once did
--   first_posted_date: when it was registered
--   first_seen_at: when we first saw it
--   url: the registry's page
WITH counted AS (
    SELECT nct_id, brief_title, coalesce(sponsor_canonical, lead_sponsor) AS sponsor, diseases, products, registry_state,
        first_posted_date, first_seen_at, url
    FROM car_t_trials
    WHERE study_type = 'INTERVENTIONAL'
),
found AS (
    SELECT nct_id, list_sort(list(leg)) AS legs,
        bool_or(leg NOT IN ('named in paper', 'asked by id', 'whole registry')) AS is_found
    FROM trial_search_hits
    GROUP BY nct_id
),
searched AS (
    SELECT string_agg(query, ' ') AS text
    FROM (SELECT lower(replace(arg_max(query, run_id), '-', ' ')) AS query FROM source_pulls WHERE source = 'ctgov' GROUP BY leg)
        AS last_of_leg
),
words AS (
    SELECT nct_id, list_sort(list(DISTINCT word)) AS words,
        CASE WHEN max(text) IS NOT NULL THEN
            coalesce(list_sort(list(DISTINCT word) FILTER (WHERE NOT contains(text, word))), [])
        END AS words_not_searched
    FROM (
        SELECT nct_id, lower(replace(matched_text, '-', ' ')) AS word
        FROM car_t_evidence
        WHERE kind = 'text' AND attribute IN ('scope', 'product', 'diseases')
    ) AS said
    CROSS JOIN searched
    GROUP BY nct_id
)
SELECT
    counted.nct_id, brief_title, sponsor, diseases, products,
    CASE WHEN coalesce(is_found, false) THEN 'no longer found by a search' ELSE 'never found by a search' END AS why,
    words.words, words.words_not_searched,
    coalesce(legs, []) AS found_by,
    first_posted_date, first_seen_at, url
FROM counted
LEFT JOIN found ON found.nct_id = counted.nct_id
LEFT JOIN words ON words.nct_id = counted.nct_id
WHERE NOT coalesce(is_found, false) OR registry_state = 'left_search'
ORDER BY why, first_seen_at DESC, counted.nct_id
