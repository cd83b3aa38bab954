"""The job of benches/job/rules.yaml by hand in pandas, vectorised: contacts, activities, ranked CSV, threads.

pandas reads and writes by Arrow, whose threads the last argument counts; `to_csv` would take several times as long.
Points are whole millionths in 64-bit floats, which add them exactly up to 2^53.
"""

import sys

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.csv

contacts, activities, output, threads = sys.argv[1:]
pa.set_cpu_count(int(threads))

AS_OF = pd.Timestamp("2026-11-23", tz="UTC")
ASKED = ["demo_request", "quote_request", "meeting_booked"]

# Notes hold line breaks, which pandas' own door to Arrow's reader does not let through.
texts = dict.fromkeys(["created_at", "qualified_at", "consent", "phone"], pa.string())
people = pyarrow.csv.read_csv(
    contacts,
    parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    convert_options=pyarrow.csv.ConvertOptions(column_types=texts, strings_can_be_null=True),
).to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
events = pd.read_csv(
    activities, engine="pyarrow", usecols=["contact_id", "type", "timestamp", "url", "value", "campaign"],
    dtype={"type": "str", "value": "float64"}, parse_dates=["timestamp"],
)  # fmt: skip
events = events[events["timestamp"].between(AS_OF - pd.Timedelta(days=180), AS_OF)]

# Each activity's contact as its row; activities of nobody are left out.
row = pd.Index(people["contact_id"]).get_indexer(events["contact_id"])
events, row = events[row >= 0], row[row >= 0]
age = ((AS_OF - events["timestamp"]) / pd.Timedelta(days=1)).to_numpy()
type_codes, type_names = pd.factorize(events["type"])
value = events["value"].to_numpy()


def of(*kinds):
    return np.isin(type_codes, type_names.get_indexer(kinds))


def has(condition, column, text):
    """Those of `condition` whose `column` contains `text`: only they are looked into."""
    found = np.flatnonzero(condition)
    contains = events[column].iloc[found].str.contains(text, regex=False).fillna(False).to_numpy(dtype=bool)
    mask = np.zeros(len(events), dtype=bool)
    mask[found[contains]] = True
    return mask


def count(condition, points, cap):
    return np.clip(np.bincount(row[condition], minlength=len(people)) * (points * 1e6), -cap * 1e6, cap * 1e6)


def fading(condition, points, half_life, cap):
    each = np.floor(points * 1e6 * np.exp2(-age[condition] / half_life) + 0.5)
    return np.minimum(np.bincount(row[condition], each, minlength=len(people)), cap * 1e6)


def anybody(condition):
    return np.bincount(row[condition], minlength=len(people)) > 0


view = of("page_view")
points = (
    count(view & (age <= 90), 1, 15)
    + count(has(view & (age <= 30), "url", "/pricing"), 4, 20)
    + count(view & (age <= 30) & (value >= 300), 1.5, 12)
    + fading(has(view & (age <= 90), "url", "/products/"), 2, 30, 16)
    + count(of("email_open") & (age <= 90), 1, 10)
    + fading(of("email_click"), 3, 30, 24)
    + fading(of("form_submit"), 5, 45, 25)
    + count(of("content_download"), 6, 24)
    + count(of("webinar_registered") & (age <= 90), 4, 12)
    + fading(of("webinar_attended") & (value >= 20), 10, 60, 30)
    + count(of("add_to_cart", "purchase") & (age <= 90) & (value > 100), 8, 32)
    + fading(of("chat_started", "call_connected"), 7, 90, 28)
    + count(has(of("email_click", "social_click") & (age <= 30), "campaign", "launch"), 2, 6)
    + count(of(*ASKED), 30, 60)
    + count(of("unsubscribe"), -20, 40)
    - np.where(anybody(age <= 60), 0, 5e6)
)
warmed = anybody(of("content_download", "webinar_attended") & (age <= 90))
asked = anybody(of(*ASKED))
del events, row, age, value, type_codes


def true(condition):
    return condition.fillna(False).to_numpy(dtype=bool)


def each_once(column, test):
    """A test of text, made once for each different text."""
    codes, texts = pd.factorize(people[column])
    return np.append(true(test(texts.to_series().str.lower().str)), False)[codes]


# Scores are whole hundredths from here on.
created = pd.to_datetime(people["created_at"], format="%Y-%m-%dT%H:%M:%SZ", utc=True)
mailbox = people["email"].str.lower()
fit = np.clip(
    500 * true(people["phone"].notna())
    - 1000 * true(mailbox.str.endswith(("@gmail.com", "@wp.pl", "@outlook.com", "@seznam.cz", "@gmx.de")))
    + 2500 * each_once("title", lambda text: text.contains("chief|head of|director|vp "))
    - 1500 * each_once("title", lambda text: text.startswith(("intern", "junior")))
    + 1250 * true(people["industry"].isin(["Software", "Manufacturing", "Logistics", "Energy", "Automotive"]))
    + 1000 * true(people["country"].isin(["PL", "CZ", "UA"]))
    + 1000 * true(people["employees"].between(50, 999))
    + 1500 * true(people["employees"] >= 1000)
    + 750 * true(people["annual_revenue"] > 10_000_000)
    + 500 * true(created.between(AS_OF - pd.Timedelta(days=180), AS_OF))
    - 500 * true(created < pd.Timestamp("2019-01-01", tz="UTC"))
    + 1000 * (each_once("notes", lambda text: text.contains("budget|tender|demo")) & true(people["source"] != "cold list")),
    0,
    10_000,
)
engagement = (np.clip(points, 0, 100e6).astype(np.int64) + 5000) // 10_000
total = (4 * fit + 6 * engagement + 5) // 10
sales = ((total >= 5000) | asked) & (fit >= 3000)
marketing = sales | (engagement >= 3000) | warmed
account, _ = pd.factorize(people["account_id"])
account_score = np.append(np.bincount(account[account >= 0], engagement[account >= 0]) / 100, np.nan)[account]


def pick(conditions, names, lowest):
    return np.select(conditions, range(len(names)), len(names)), [*names, lowest]


def named(codes, names):
    return pd.Categorical.from_codes(codes, names)


fit_grade, fit_names = pick([fit >= 5000, fit >= 3000, fit >= 1500], ["A", "B", "C"], "D")
eng_grade, eng_names = pick([engagement >= 5000, engagement >= 2000], ["1", "2"], "3")
people = people.assign(
    lead_fit=fit / 100,
    lead_fit_grade=named(fit_grade, fit_names),
    lead_engagement=engagement / 100,
    lead_engagement_grade=named(eng_grade, eng_names),
    lead_total=total / 100,
    lead_total_grade=named(*pick([total >= 5000, total >= 2500], ["hot", "warm"], "cold")),
    lead_grade=named(fit_grade * len(eng_names) + eng_grade, [a + b for a in fit_names for b in eng_names]),
    lead_stage=named(np.select([sales, marketing], [0, 1], -1), ["SQL", "MQL"]),
    lead_mql=marketing,
    lead_sql=sales,
    lead_account_score=account_score,
)
order = people[["contact_id"]].assign(total=-total).sort_values(["total", "contact_id"]).index
people = people.take(order)
people.insert(21, "lead_rank", np.arange(1, len(people) + 1))
table = pa.Table.from_pandas(people, preserve_index=False)
pyarrow.csv.write_csv(table, output, pyarrow.csv.WriteOptions(quoting_style="needed"))
