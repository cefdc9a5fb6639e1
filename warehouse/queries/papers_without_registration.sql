-- title: Papers without a registration
-- grain: one row per paper
-- reason: patients treated outside any registered trial, and registrations that the paper does not name
-- counts: papers in scope that are no review, comment or notice, name no trial number of any registry, and are tied to no trial that
--   they report or plan
-- narrows: publications
-- dates: publication_date
-- columns:
--   pmid: the paper
--   title: its title
--   journal: journal
--   publication_date: first day of what was given
--   publication_types: types as PubMed names them
--   diseases: diseases it is about
--   target_antigens: targets it names
--   is_retracted: whether it is retracted
--   url: PubMed's page
WITH papers AS (
    SELECT pmid, title, journal, publication_date, publication_types, diseases, target_antigens, is_retracted, url
    FROM publications
    WHERE scope = 'in_scope'
        AND NOT is_deleted
        AND NOT list_has_any(coalesce(publication_types, []), [
            'Review', 'Systematic Review', 'Scoping Review', 'Meta-Analysis', 'Network Meta-Analysis', 'Editorial', 'Comment', 'News',
            'Newspaper Article', 'Published Erratum', 'Retraction of Publication', 'Retraction Notice', 'Expression of Concern',
            'Practice Guideline', 'Guideline', 'Consensus Statement', 'Biography', 'Interview', 'Introductory Journal Article'
        ])
)
SELECT pmid, title, journal, publication_date, publication_types, diseases, target_antigens, is_retracted, url
FROM papers
WHERE pmid NOT IN (SELECT pmid FROM publication_trial_numbers)
    AND pmid NOT IN (SELECT pmid FROM trial_publications WHERE relation IN ('reports', 'protocol'))
ORDER BY publication_date DESC NULLS LAST, pmid DESC
