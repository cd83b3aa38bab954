"""The job of benches/job/rules.yaml by hand in DuckDB: contacts, activities, ranked CSV, threads.

Points are whole millionths in doubles, which add them exactly up to 2^53.
"""

import sys

import duckdb

contacts, activities, output, threads = sys.argv[1:]

# Only what is computed with is parsed; the other columns are handed on as text.
CONTACTS = dict.fromkeys(
    """contact_id email first_name last_name company account_id title department industry country city employees
    annual_revenue created_at consent phone website source owner qualified_at notes""".split(),
    "VARCHAR",
) | {"employees": "INTEGER", "annual_revenue": "BIGINT"}
ACTIVITIES = {
    "activity_id": "VARCHAR", "contact_id": "VARCHAR", "type": "VARCHAR", "timestamp": "TIMESTAMP", "url": "VARCHAR",
    "value": "DOUBLE", "campaign": "VARCHAR",
}  # fmt: skip

READ = "read_csv('{}', header = true, auto_detect = false, delim = ',', quote = '\"', columns = {})"

QUERY = """
COPY (
WITH recent AS (
    SELECT contact_id, type, url, value, campaign,
           epoch_ms(TIMESTAMP '2026-11-23' - timestamp) / 86400000.0 AS age
    FROM {activities}
    WHERE timestamp BETWEEN TIMESTAMP '2026-11-23' - INTERVAL 180 DAY AND TIMESTAMP '2026-11-23'
      AND (timestamp >= TIMESTAMP '2026-11-23' - INTERVAL 60 DAY
           OR type IN ('page_view', 'email_open', 'email_click', 'form_submit', 'content_download', 'webinar_registered',
                       'webinar_attended', 'add_to_cart', 'purchase', 'chat_started', 'call_connected', 'demo_request',
                       'quote_request', 'meeting_booked', 'unsubscribe'))
),
counted AS (
    SELECT contact_id,
           least(15e6, 1e6 * count(*) FILTER (type = 'page_view' AND age <= 90))
           + least(20e6, 4e6 * count(*) FILTER (type = 'page_view' AND age <= 30 AND contains(url, '/pricing')))
           + least(12e6, 1.5e6 * count(*) FILTER (type = 'page_view' AND age <= 30 AND value >= 300))
           + least(16e6, coalesce(sum(round(2e6 * pow(2, -age / 30)))
                 FILTER (type = 'page_view' AND age <= 90 AND contains(url, '/products/')), 0))
           + least(10e6, 1e6 * count(*) FILTER (type = 'email_open' AND age <= 90))
           + least(24e6, coalesce(sum(round(3e6 * pow(2, -age / 30))) FILTER (type = 'email_click'), 0))
           + least(25e6, coalesce(sum(round(5e6 * pow(2, -age / 45))) FILTER (type = 'form_submit'), 0))
           + least(24e6, 6e6 * count(*) FILTER (type = 'content_download'))
           + least(12e6, 4e6 * count(*) FILTER (type = 'webinar_registered' AND age <= 90))
           + least(30e6, coalesce(sum(round(10e6 * pow(2, -age / 60)))
                 FILTER (type = 'webinar_attended' AND value >= 20), 0))
           + least(32e6, 8e6 * count(*) FILTER (type IN ('add_to_cart', 'purchase') AND age <= 90 AND value > 100))
           + least(28e6, coalesce(sum(round(7e6 * pow(2, -age / 90)))
                 FILTER (type IN ('chat_started', 'call_connected')), 0))
           + least(6e6, 2e6 * count(*)
                 FILTER (type IN ('email_click', 'social_click') AND age <= 30 AND contains(campaign, 'launch')))
           + least(60e6, 30e6 * count(*) FILTER (type IN ('demo_request', 'quote_request', 'meeting_booked')))
           + greatest(-40e6, -20e6 * count(*) FILTER (type = 'unsubscribe'))
           - CASE WHEN bool_or(age <= 60) THEN 0 ELSE 5e6 END AS points,
           bool_or(type IN ('content_download', 'webinar_attended') AND age <= 90) AS warmed,
           bool_or(type IN ('demo_request', 'quote_request', 'meeting_booked')) AS asked
    FROM recent GROUP BY contact_id
),
people AS (
    SELECT *, created_at::TIMESTAMP AS created, lower(title) AS job, lower(notes) AS note, lower(email) AS mailbox
    FROM {contacts}
),
-- Scores are whole hundredths from here on.
scored AS (
    SELECT people.* EXCLUDE (created, job, note, mailbox),
           greatest(0, least(10000,
               CASE WHEN phone IS NOT NULL THEN 500 ELSE 0 END
               - CASE WHEN mailbox LIKE '%@gmail.com' OR mailbox LIKE '%@wp.pl' OR mailbox LIKE '%@outlook.com'
                        OR mailbox LIKE '%@seznam.cz' OR mailbox LIKE '%@gmx.de' THEN 1000 ELSE 0 END
               + CASE WHEN contains(job, 'chief') OR contains(job, 'head of') OR contains(job, 'director')
                        OR contains(job, 'vp ') THEN 2500 ELSE 0 END
               - CASE WHEN job LIKE 'intern%' OR job LIKE 'junior%' THEN 1500 ELSE 0 END
               + CASE WHEN industry IN ('Software', 'Manufacturing', 'Logistics', 'Energy', 'Automotive') THEN 1250 ELSE 0 END
               + CASE WHEN country IN ('PL', 'CZ', 'UA') THEN 1000 ELSE 0 END
               + CASE WHEN employees BETWEEN 50 AND 999 THEN 1000 WHEN employees >= 1000 THEN 1500 ELSE 0 END
               + CASE WHEN annual_revenue > 10000000 THEN 750 ELSE 0 END
               + CASE WHEN created BETWEEN TIMESTAMP '2026-11-23' - INTERVAL 180 DAY AND TIMESTAMP '2026-11-23'
                        THEN 500 ELSE 0 END
               - CASE WHEN created < TIMESTAMP '2019-01-01' THEN 500 ELSE 0 END
               + CASE WHEN (contains(note, 'budget') OR contains(note, 'tender') OR contains(note, 'demo'))
                        AND source IS DISTINCT FROM 'cold list' THEN 1000 ELSE 0 END
           ))::INTEGER AS fit,
           round(greatest(0, least(100e6, coalesce(points, -5e6))) / 10000)::INTEGER AS engagement,
           coalesce(warmed, false) AS warmed,
           coalesce(asked, false) AS asked
    FROM people LEFT JOIN counted USING (contact_id)
),
account AS (
    SELECT account_id, sum(engagement::DOUBLE) AS account_score
    FROM scored WHERE account_id IS NOT NULL GROUP BY account_id
),
totalled AS (
    SELECT *, round((4 * fit + 6 * engagement) / 10)::INTEGER AS total FROM scored
),
staged AS (
    SELECT *,
           CASE WHEN fit >= 5000 THEN 'A' WHEN fit >= 3000 THEN 'B' WHEN fit >= 1500 THEN 'C' ELSE 'D' END AS fit_grade,
           CASE WHEN engagement >= 5000 THEN '1' WHEN engagement >= 2000 THEN '2' ELSE '3' END AS engagement_grade,
           CASE WHEN total >= 5000 THEN 'hot' WHEN total >= 2500 THEN 'warm' ELSE 'cold' END AS total_grade,
           (total >= 5000 OR asked) AND fit >= 3000 AS sales,
           sales OR engagement >= 3000 OR warmed AS marketing
    FROM totalled LEFT JOIN account USING (account_id)
)
SELECT {columns},
       row_number() OVER () AS lead_rank,
       fit / 100 AS lead_fit, fit_grade AS lead_fit_grade,
       engagement / 100 AS lead_engagement, engagement_grade AS lead_engagement_grade,
       total / 100 AS lead_total, total_grade AS lead_total_grade,
       fit_grade || engagement_grade AS lead_grade,
       CASE WHEN sales THEN 'SQL' WHEN marketing THEN 'MQL' END AS lead_stage,
       marketing AS lead_mql, sales AS lead_sql,
       account_score / 100 AS lead_account_score
FROM (SELECT * FROM staged ORDER BY total DESC, contact_id)
) TO '{output}' (HEADER)
"""

connection = duckdb.connect(config={"threads": int(threads), "preserve_insertion_order": False})
connection.execute(
    QUERY.format(
        contacts=READ.format(contacts, CONTACTS),
        activities=READ.format(activities, ACTIVITIES),
        columns=", ".join(CONTACTS),
        output=output,
    )
)
