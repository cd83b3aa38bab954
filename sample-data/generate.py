#!/usr/bin/env python3
"""Makes the sample data: contacts.csv and activities.csv, beside this file.

    python3 sample-data/generate.py            rewrites both files, byte for byte
    python3 sample-data/generate.py --out DIR  writes them somewhere else

Everybody in the files is invented. The numbers come from one seeded source, and only from its
`random()`, whose sequence Python promises to keep; so every Python 3 writes the same bytes.
README.md tells what is planted where.
"""

import csv
import io
import pathlib
import random
import sys
from datetime import date, datetime, timedelta, timezone

SEED = 20261123
NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=timezone.utc)
FIRST_DAY = datetime(2025, 11, 24, 0, 0, 0, tzinfo=timezone.utc)

BUSINESS_PEOPLE = 385
SHOPPERS = 110

# ---------------------------------------------------------------------------------------------
# Chance. Everything is built on `random()`; no other method of the module is used.
# ---------------------------------------------------------------------------------------------

_source = random.Random(SEED)


def chance(p):
    """True with probability p."""
    return _source.random() < p


def whole(low, high):
    """A whole number from low to high, both included."""
    return low + int(_source.random() * (high - low + 1))


def pick(items):
    """One of a list, each as likely."""
    return items[int(_source.random() * len(items))]


def pick_by(weights):
    """One key of a dictionary, as likely as its weight says."""
    mark = _source.random() * sum(weights.values())
    for key, weight in weights.items():
        mark -= weight
        if mark < 0:
            return key
    return key


def skewed():
    """0 to 1, mostly near 0: most people care little, a few care much."""
    u = _source.random()
    return u * u * u


# ---------------------------------------------------------------------------------------------
# What the world is made of
# ---------------------------------------------------------------------------------------------

POLISH_MEN = "Adam Łukasz Paweł Michał Krzysztof Grzegorz Wojciech Rafał Mariusz Sławomir Jan Błażej".split()
POLISH_WOMEN = "Anna Małgorzata Agnieszka Katarzyna Zofia Żaneta Joanna Monika Świetlana Bożena Ewa Łucja".split()
POLISH_FAMILIES = (  # man's form, woman's form
    "Kowalski/Kowalska Wiśniewski/Wiśniewska Wójcik/Wójcik Kamiński/Kamińska Lewandowski/Lewandowska "
    "Zieliński/Zielińska Dąbrowski/Dąbrowska Szymański/Szymańska Woźniak/Woźniak Kozłowski/Kozłowska "
    "Jabłoński/Jabłońska Mazur/Mazur Krawczyk/Krawczyk Gołębiewski/Gołębiewska Śliwa/Śliwa Żak/Żak "
    "Pająk/Pająk Grzęda/Grzęda Ćwikła/Ćwikła Błaszczyk/Błaszczyk"
).split()
UKRAINIAN_MEN = "Олександр Андрій Тарас Дмитро Сергій Юрій Ігор Євген Василь Богдан".split()
UKRAINIAN_WOMEN = "Олена Наталія Ірина Оксана Юлія Тетяна Світлана Ґалина Ярина Соломія".split()
UKRAINIAN_FAMILIES = (
    "Шевченко Коваленко Бондаренко Ткаченко Кравченко Олійник Шевчук Поліщук Лисенко Мороз "
    "Петренко Гриценко Захарчук Їжакевич Щербак"
).split()
OTHER_MEN = {"DE": ["Jürgen", "Lukas", "Thomas"], "CZ": ["Jiří", "Tomáš", "Ondřej"], "GB": ["Oliver", "Harry", "Sean"]}
OTHER_WOMEN = {"DE": ["Käthe", "Birgit", "Lena"], "CZ": ["Šárka", "Jana", "Lucie"], "GB": ["Chloe", "Zoë", "Emma"]}
OTHER_FAMILIES = {
    "DE": ["Müller", "Groß", "Schäfer", "Weiß"],
    "CZ": ["Novák", "Dvořák", "Růžička", "Šimek"],
    "GB": ["O'Neill", "Smith", "Brontë", "Hughes"],
}

PLACES = {  # country: (region, city), the likelier ones more than once
    "PL": [("mazowieckie", "Warszawa")] * 5
    + [("mazowieckie", "Płock"), ("małopolskie", "Kraków"), ("małopolskie", "Kraków"), ("śląskie", "Katowice")]
    + [("dolnośląskie", "Wrocław"), ("wielkopolskie", "Poznań"), ("pomorskie", "Gdańsk"), ("łódzkie", "Łódź")],
    "UA": [("Київ", "Київ"), ("Київ", "Київ"), ("Львівська", "Львів"), ("Одеська", "Одеса"), ("Харківська", "Харків")],
    "DE": [("Berlin", "Berlin"), ("Sachsen", "Görlitz"), ("Bayern", "München")],
    "CZ": [("Praha", "Praha"), ("Moravskoslezský", "Ostrava")],
    "GB": [("England", "London"), ("England", "Leeds"), ("Scotland", "Edinburgh")],
}
LANGUAGE = {"PL": "pl", "UA": "uk", "DE": "de", "CZ": "cs", "GB": "en"}

COMPANY_HEADS = (
    "Bałtyk Wisła Karpaty Zorza Kuźnia Młyn Świerk Orzeł Wieża Żuraw Dąb Sokół Źródło Łęg Piast Skała "
    "Tatra Bursztyn Gryf Kompas Lipa Most Okno Perła Rzeka Szlak Wiatr Zefir Delta Fala"
).split()
COMPANY_TAILS = {
    "manufacturing": ["Stal", "Maszyny", "Meble"],
    "retail": ["Handel", "Sklepy", "Market"],
    "software": ["Soft", "Systemy", "Cloud"],
    "logistics": ["Transport", "Logistyka", "Cargo"],
    "finance": ["Finanse", "Leasing", "Kredyt"],
    "education": ["Szkolenia", "Akademia"],
}
OTHER_COMPANIES = {
    "DE": "Eiche Hafen Möwe Nordwind Rhein Spree".split(),
    "CZ": "Vltava Sněžka Jelen Lípa".split(),
    "GB": "Thames Oak Harbour Highland Heron".split(),
}
OTHER_TAILS = {"DE": ["Maschinen", "Handel", "Werke"], "CZ": ["Stroje", "Obchod"], "GB": ["Tools", "Trading", "Works"]}
UKRAINIAN_COMPANIES = "Дніпро Карпати Мрія Обрій Вежа Каштан Зоря Лан Пролісок Хвиля".split()

# title: (seniority, how often)
TITLES = {
    "Prezes zarządu": ("c-level", 4),
    "CEO": ("c-level", 3),
    "Founder & CEO": ("c-level", 2),
    "Chief Marketing Officer": ("c-level", 3),
    "Dyrektor sprzedaży": ("director", 5),
    "Marketing Director": ("director", 6),
    "Директор з маркетингу": ("director", 2),
    "Kierownik działu IT": ("manager", 7),
    "Marketing Manager": ("manager", 13),
    "Менеджер з закупівель": ("manager", 4),
    "Specjalista ds. marketingu": ("specialist", 16),
    "Sales Representative": ("specialist", 9),
    "Księgowa": ("specialist", 5),
    "Інженер": ("specialist", 4),
    "Stażystka": ("intern", 3),
    "Student": ("student", 4),
}
SOURCES = {"organic": 30, "newsletter": 16, "webinar": 12, "ads": 18, "referral": 9, "fair": 9, "partner": 6}
INTERESTS = {
    "automation": 9, "crm": 8, "analytics": 6, "e-commerce": 6, "sport": 5, "travel": 4, "home": 4, "garden": 2,
}
DEVICES = {"desktop": 55, "mobile": 38, "tablet": 7}

BROWSERS = ["Firefox/145 Windows", "Safari/18 Mac", "Safari/18 iPhone", "Chrome/142 Android", "Chrome/142 Windows"]
SCANNERS = ["MailGuard-Scanner/4.2", "SafeLinks bot/1.0", "LinkScanner/7"]

LEARN = [f"/learn/{name}" for name in "what-is-automation email-basics lead-scoring crm-101 glossary gdpr".split()]
COMPARE = [f"/compare/{name}" for name in "features case-study-fala integrations roi-calculator".split()]
BUY = [f"/buy/{name}" for name in "pricing implementation security contract".split()]
HOME = ["/", "/", "/about", "/blog/", "/careers"]
SHOP = [f"/shop/{name}" for name in "running-shoes yoga-mat tent suitcase lamp desk mug hammock bike-helmet".split()]
PREMIUM = ["/files/report-2026.pdf", "/files/crm-guide.pdf", "/files/lead-scoring-workbook.xlsx", "/files/gdpr-list.pdf"]

TO_LATIN = str.maketrans(
    {
        **dict(zip("ąćęłńóśźżäöüßáčďéěíňřšťúůýžë", "a c e l n o s z z a o u ss a c d e e i n r s t u u y z e".split())),
        **dict(
            zip(
                "абвгґдеєжзиіїйклмнопрстуфхцчшщьюя",
                "a b v h g d e ie zh z y i i i k l m n o p r s t u f kh ts ch sh shch _ iu ia".split(),
            )
        ),
        "'": "",
        " ": "",
        "&": "",
    }
)


def latin(text):
    """A name as it stands in an address: lower case, a to z only."""
    return text.lower().translate(TO_LATIN).replace("_", "")


def zulu(moment):
    """2026-11-20T09:14:05Z"""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def polish_number(hundredths):
    """123450 -> 1 234,50"""
    zlotys, groszy = divmod(hundredths, 100)
    digits = str(zlotys)
    if len(digits) > 3:
        digits = digits[:-3] + " " + digits[-3:]
    return f"{digits},{groszy:02d}"


# ---------------------------------------------------------------------------------------------
# Companies
# ---------------------------------------------------------------------------------------------


def make_companies():
    """Some 105 firms. A few are large and send many people; most send one or two."""
    companies = []
    names = set()
    for number in range(105):
        country = pick_by({"PL": 66, "UA": 18, "DE": 7, "CZ": 4, "GB": 5})
        industry = pick_by(
            {"manufacturing": 24, "retail": 18, "software": 20, "logistics": 16, "finance": 12, "education": 10}
        )
        while True:
            if country == "UA":
                head, tail = pick(UKRAINIAN_COMPANIES), pick(["Груп", "Сервіс", "Трейд", "Плюс"])
            elif country in OTHER_COMPANIES:
                head, tail = pick(OTHER_COMPANIES[country]), pick(OTHER_TAILS[country])
            else:
                head, tail = pick(COMPANY_HEADS), pick(COMPANY_TAILS[industry])
            if (head, tail) not in names:
                names.add((head, tail))
                break
        form = {"PL": pick(["sp. z o.o.", "S.A.", "sp. z o.o."]), "UA": "ТОВ", "DE": "GmbH", "CZ": "s.r.o.", "GB": "Ltd"}
        name = f"ТОВ «{head} {tail}»" if country == "UA" else f"{head} {tail} {form[country]}"
        if number % 17 == 3:
            name = f"{head} {tail}, {form[country]}"  # a comma inside a cell
        region, city = pick(PLACES[country])
        size = pick_by({(2, 9): 22, (10, 49): 30, (50, 99): 13, (100, 249): 17, (250, 999): 12, (1000, 4200): 6})
        companies.append(
            {
                "company": name,
                "company_id": f"{100 + number:05d}",
                "industry": industry,
                "employees": whole(*size),
                "region": region,
                "country": country,
                "city": city,
                "domain": f"{latin(head)}-{latin(tail)}.example",
                "pull": 1 + 9 * skewed(),
            }
        )
    for company in companies:  # the large ones of the region around Warsaw send more people
        if company["employees"] > 100 and company["region"] == "mazowieckie":
            company["pull"] += 5
    return companies


# ---------------------------------------------------------------------------------------------
# Contacts
# ---------------------------------------------------------------------------------------------

CONTACT_COLUMNS = (
    "contact_id first_name last_name email phone company company_id industry title seniority employees region "
    "country city language age gender device source interests created_at order_value close_date nps_answer "
    "won decided_at notes"
).split()


def make_name(country, gender):
    if country == "PL":
        man, woman = pick(POLISH_FAMILIES).split("/")
        return (pick(POLISH_MEN), man) if gender == "m" else (pick(POLISH_WOMEN), woman)
    if country == "UA":
        return pick(UKRAINIAN_MEN if gender == "m" else UKRAINIAN_WOMEN), pick(UKRAINIAN_FAMILIES)
    return pick((OTHER_MEN if gender == "m" else OTHER_WOMEN)[country]), pick(OTHER_FAMILIES[country])


def make_phone(country):
    """The digits after the country's code begin with 00: no such number can be called."""
    code = {"PL": "48", "UA": "380", "DE": "49", "CZ": "420", "GB": "44"}[country]
    return f"+{code} 00{whole(0, 9)} {whole(0, 999):03d} {whole(0, 999):03d}"


def make_contact(number, company, taken):
    country = company["country"] if company else pick_by({"PL": 62, "UA": 16, "GB": 16, "DE": 6})
    gender = pick(["m", "f"])
    first, last = make_name(country, gender)
    region, city = (company["region"], company["city"]) if company else pick(PLACES[country])
    domain = company["domain"] if company and not chance(0.06) else pick(["freemail.example", "poczta.example"])
    address = f"{latin(first)}.{latin(last)}@{domain}"
    if address in taken:
        address = f"{latin(first)}.{latin(last)}{number}@{domain}"
    taken.add(address)
    title = pick_by({title: weight for title, (_, weight) in TITLES.items()}) if company else ""
    seniority = TITLES[title][0] if company else ""
    days_ago = whole(3, 700) if chance(0.93) else whole(0, 30)
    created = NOW - timedelta(days=days_ago, minutes=whole(0, 1400))
    interests = []
    for _ in range(whole(0, 3)):
        one = pick_by(INTERESTS)
        if one not in interests:
            interests.append(one)
    gives_phone = 0.62 if company else 0.35
    contact = {
        "contact_id": f"C-{number:04d}",
        "first_name": first,
        "last_name": last,
        "email": address,
        "phone": make_phone(country) if chance(gives_phone) else "",
        "company": company["company"] if company else "",
        "company_id": company["company_id"] if company else "",
        "industry": company["industry"] if company else "",
        "title": title,
        "seniority": seniority,
        "employees": str(company["employees"]) if company else "",
        "region": region,
        "country": country,
        "city": city,
        "language": LANGUAGE[country] if chance(0.93) else "en",
        "age": str(whole(19, 67)) if chance(0.6) else "",
        "gender": gender if chance(0.8) else "",
        "device": pick_by(DEVICES) if chance(0.9) else "",
        "source": pick_by(SOURCES),
        "interests": ";".join(interests),
        "created_at": zulu(created),
        "order_value": "",
        "close_date": "",
        "nps_answer": "",
        "won": "",
        "decided_at": "",
        "notes": "",
    }
    # What the export does not say: how keen, how able to buy.
    senior = {"c-level": 0.9, "director": 1.0, "manager": 0.7, "specialist": 0.4}.get(seniority, 0.1)
    fits = 0.25 if not company else (0.35 if company["employees"] < 10 else 0.7 if company["employees"] < 100 else 1.0)
    heat = skewed()
    heat = min(1.0, heat + 0.18 * senior * fits)
    return contact, {"heat": heat, "able": senior * fits, "created": created, "shopper": company is None}


# ---------------------------------------------------------------------------------------------
# Activities
# ---------------------------------------------------------------------------------------------

ACTIVITY_COLUMNS = "activity_id contact_id type timestamp url campaign value user_agent".split()


def moment_on(day, shopper):
    """A believable time of that day: office hours for firms, evenings for shoppers."""
    hour = pick_by({9: 2, 12: 2, 17: 3, 19: 5, 20: 6, 21: 4}) if shopper else pick_by({7: 2, 8: 5, 9: 6, 10: 6, 12: 4, 14: 4, 18: 1})
    return day.replace(hour=hour, minute=whole(0, 59), second=whole(0, 59))


def campaigns():
    """(name, day it went out, to shoppers?, the page it links to)"""
    out = []
    for month in range(12):
        year, number = (2025, 12) if month == 0 else (2026, month)
        out.append((f"newsletter-{year}-{number:02d}", datetime(year, number, 10, tzinfo=timezone.utc), None, pick(LEARN)))
    out += [
        ("product-launch-2026-04", datetime(2026, 4, 21, tzinfo=timezone.utc), False, "/compare/features"),
        ("webinar-2026-06", datetime(2026, 6, 9, tzinfo=timezone.utc), False, "/webinars/lead-scoring"),
        ("autumn-guide-2026-09", datetime(2026, 9, 15, tzinfo=timezone.utc), False, "/files/crm-guide.pdf"),
        ("webinar-2026-10", datetime(2026, 10, 20, tzinfo=timezone.utc), False, "/webinars/nps"),
        ("summer-sale-2026", datetime(2026, 7, 6, tzinfo=timezone.utc), True, "/shop/tent"),
        ("black-friday-2026", datetime(2026, 11, 20, tzinfo=timezone.utc), True, "/shop/"),
    ]
    return out


def live(contact, person, add):
    """One contact's year. `add(type, moment, url, campaign, value, agent)` writes one row."""
    heat, able, shopper = person["heat"], person["able"], person["shopper"]
    since = max(FIRST_DAY, person["created"])
    agent = pick(BROWSERS)
    quiet_after = NOW - timedelta(days=whole(40, 300)) if chance(0.3) else NOW  # some go silent
    subscribed = contact["source"] == "newsletter" or chance(0.35 + 0.3 * heat)
    if chance(0.13):
        return  # in the address book, never seen

    def on(days_low, days_high):
        span = max(0.0, (NOW - since).total_seconds() / 86400)
        days = min(span, float(whole(days_low, days_high)))
        day = NOW - timedelta(days=days)
        return moment_on(day, shopper)

    # Who came before the year began has mostly signed up before it, too.
    if subscribed and person["created"] > FIRST_DAY:
        add("newsletter_signup", since + timedelta(minutes=whole(1, 5000)), "/newsletter", "", "", agent)
    elif subscribed and chance(0.2):
        add("newsletter_signup", on(1, 360), "/newsletter", "", "", agent)

    for name, day, for_shoppers, link in CAMPAIGNS:
        if day < since or (for_shoppers is not None and for_shoppers != shopper):
            continue
        if not subscribed and for_shoppers is None:
            continue
        moment = moment_on(day, shopper)
        if for_shoppers is not None:
            add("email_sent", day.replace(hour=6, minute=whole(0, 20), second=whole(0, 59)), "", name, "", "")
        if moment > quiet_after:
            continue
        opens = 0.16 + 0.6 * heat
        if not chance(opens):
            continue
        add("email_open", moment, "", name, "", agent)
        if chance(0.25):
            add("email_open", moment + timedelta(hours=whole(1, 40)), "", name, "", agent)
        if chance(0.12 + 0.55 * heat):
            moment += timedelta(seconds=whole(20, 400))
            add("email_click", moment, link, name, "", agent)
            add("page_view", moment + timedelta(seconds=2), link, name, "", agent)
            if link.startswith("/webinars/") and chance(0.3 + 0.4 * heat):
                add("webinar_attended", day.replace(hour=16) + timedelta(days=7), link, name, "", agent)
            if link.startswith("/files/"):
                add("content_download", moment + timedelta(seconds=40), link, name, "", agent)

    # Visits to the site: many for a few people, none for many.
    visits = int(2 * _source.random() + 17 * heat * heat)
    for _ in range(visits):
        moment = on(0, 330)
        if moment > quiet_after or moment < since:
            continue
        pages = whole(1, 2 + int(3 * heat))
        for _ in range(pages):
            if shopper:
                url = pick(SHOP + HOME)
            else:
                url = pick_by({"learn": 6, "compare": 1 + 5 * heat, "buy": 0.3 + 4 * heat * able, "home": 4})
                url = pick({"learn": LEARN, "compare": COMPARE, "buy": BUY, "home": HOME}[url])
            add("page_view", moment, url, "", "", agent)
            moment += timedelta(seconds=whole(15, 240))
        if not shopper and chance(0.12 + 0.25 * heat):
            add("content_download", moment, pick(PREMIUM), "", "", agent)

    if shopper:
        for _ in range(int(3.2 * heat + 0.5 * _source.random() * 2)):
            moment = on(1, 320)
            if moment < since:
                continue
            item = pick(SHOP)
            add("add_to_cart", moment, item, "", "", agent)
            if chance(0.45):
                amount = 100 * whole(29, 890) + pick([0, 50, 90, 99])
                add("purchase", moment + timedelta(minutes=whole(2, 25)), item, "", polish_number(amount), agent)
        # The sale began at midnight in Warsaw, an hour before midnight UTC.
        if chance(0.12 + 0.35 * heat):
            moment = datetime(2026, 11, 22, 23, 5, tzinfo=timezone.utc) + timedelta(minutes=whole(0, 760))
            if moment < NOW:
                for _ in range(whole(1, 3)):
                    add("add_to_cart", moment, pick(SHOP), "black-friday-2026", "", agent)
                    moment += timedelta(seconds=whole(30, 300))
                if chance(0.3) and moment < NOW - timedelta(minutes=30):
                    amount = 100 * whole(29, 450) + pick([0, 50, 90, 99])
                    add("purchase", moment, pick(SHOP), "black-friday-2026", polish_number(amount), agent)
        if chance(0.1):
            add("support_chat", on(2, 250), "", "", str(whole(2, 25)), agent)
    else:
        # The funnel: a demo, a quote, a meeting, a call. The keen and able get further.
        drive = heat * (0.35 + 0.65 * able)
        if chance(0.65 * drive):
            asked = on(4, 200)
            if asked > since:
                add("demo_request", asked, "/buy/pricing", "", "", agent)
                if chance(0.6):
                    add("demo_watched", asked + timedelta(days=1), "/demo", "", "", agent)
                if chance(0.5):
                    add("quote_request", asked + timedelta(days=whole(2, 9)), "/buy/contract", "", "", agent)
        if chance(0.5 * drive):
            booked = on(2, 150)
            if booked > since:
                add("meeting_booked", booked, "/meet", "", "", agent)
        if chance(0.12 * drive):
            add("contact_sales", on(1, 120), "/buy/contact", "", "", agent)  # the form "I want to buy"
        if chance(0.10 + 0.6 * drive):
            for _ in range(whole(1, 2)):
                called = on(1, 240)
                if called > since:
                    add("call", called, "", "", str(whole(1, 35)), "")
        if chance(0.06):
            add("support_chat", on(2, 250), "", "", str(whole(2, 25)), agent)

    if chance(0.10 + 0.2 * heat):
        answer = pick_by({3: 1, 5: 2, 6: 2, 7: 4, 8: 6, 9: 6, 10: 4})
        add("survey", on(5, 200), "/survey/2026", "", str(answer), agent)
    if chance(0.045 * (1.2 - heat)):
        add("unsubscribe", on(3, 260), "/unsubscribe", "", "", agent)


def finish_contact(contact, person, types):
    """The cells that follow from what the contact did: order, closing, answer, fate."""
    heat, able = person["heat"], person["able"]
    if not person["shopper"] and (types & {"quote_request", "meeting_booked", "demo_request", "contact_sales", "call"} or chance(0.06)):
        value = 500 * whole(1, 24) if chance(0.6) else 1000 * whole(10, 60)
        contact["order_value"] = str(value)
        contact["close_date"] = (date(2026, 11, 23) + timedelta(days=whole(-20, 150))).isoformat()
    if types & {"survey", "purchase", "support_chat", "call"} and chance(0.7):
        contact["nps_answer"] = str(pick_by({2: 1, 4: 2, 6: 4, 7: 6, 8: 9, 9: 9, 10: 7}))
    elif chance(0.03):
        contact["nps_answer"] = str(whole(1, 10))
    if person["shopper"]:
        # Buyers from the UK, on a mobile, fond of sport: what a lookalike should find.
        likely = 0.04
        likely += 0.45 * (contact["country"] == "GB")
        likely += 0.25 * (contact["device"] == "mobile")
        likely += 0.5 * ("sport" in contact["interests"])
    else:
        likely = 0.3 * able + 0.25 * heat - 0.03
        likely += 0.35 * bool(types & {"demo_request", "quote_request", "meeting_booked", "contact_sales"})
    if chance(0.75 if person["shopper"] else 0.45):
        decided = NOW - timedelta(days=whole(1, 120))
        if decided > person["created"] + timedelta(days=5):
            contact["won"] = "yes" if chance(likely) else "no"
            contact["decided_at"] = decided.date().isoformat()


# ---------------------------------------------------------------------------------------------
# The nasty things, planted by hand. README.md lists them.
# ---------------------------------------------------------------------------------------------


def spoil_contacts(contacts):
    by_id = {contact["contact_id"]: contact for contact in contacts}

    for number, contact in enumerate(contacts):
        business = bool(contact["company"])
        if number % 11 == 4 and business:
            contact["employees"] = ""
        if number % 29 == 7 and business:
            contact["employees"] = "n/a"
        if number % 23 == 9 and business:
            contact["seniority"] = "Select"  # the drop-down that nobody touched
        if number % 31 == 12:
            contact["source"] = "Select"
        if number % 37 == 5:
            contact["phone"] = "n/a"
        if number % 41 == 8 and contact["country"] == "PL":
            contact["region"] = contact["region"].capitalize()  # Mazowieckie
        if len(contact["employees"]) == 4:
            contact["employees"] = contact["employees"][0] + " " + contact["employees"][1:]  # 1 200

    by_id["C-0012"]["order_value"] = "1 234,50"
    by_id["C-0040"]["order_value"] = "12 500,00 zł"
    by_id["C-0021"]["notes"] = 'Said "maybe next year", call back'
    by_id["C-0033"]["notes"] = "Met at the fair in Poznań.\nWants a demo for two people."
    by_id["C-0057"]["notes"] = "=SUM(A1:A2)"
    by_id["C-0064"]["notes"] = "  blanks around  "
    by_id["C-0102"]["decided_at"] = "11/01/2026"  # January or November?
    by_id["C-0150"]["nps_answer"] = "n/a"
    by_id["C-0077"]["email"] = ""
    by_id["C-0201"]["last_name"] = "Nowak-Jeziorańska, PhD"
    for one in ("C-0111", "C-0112"):  # two firms' people share one mailbox
        by_id[one]["email"] = "biuro@poczta.example"
    for one in ("C-0088", "C-0289"):  # a rival has a look
        by_id[one]["company"] = "Konkurent S.A."
        by_id[one]["company_id"] = "00999"

    # The same id twice. The later row knows what the earlier one lacks, or differs from it.
    twice = []
    for one, phone in (("C-0015", "+48 001 555 015"), ("C-0120", "+48 002 555 120"), ("C-0244", "+48 003 555 244")):
        by_id[one]["phone"] = ""
        copy = dict(by_id[one])
        copy["phone"] = phone
        copy["interests"] = ""
        twice.append(copy)
    # The same person under a second id, with the address in capitals.
    copy = dict(by_id["C-0030"])
    copy["contact_id"] = "C-0497"
    copy["email"] = copy["email"].upper()
    twice.append(copy)
    # No id at all.
    copy = dict(by_id["C-0060"])
    copy.update(contact_id="", first_name="Bez", last_name="Identyfikatora", email="bez.identyfikatora@poczta.example")
    twice.append(copy)
    contacts.extend(twice)


def spoil_activities(rows, contacts):
    """rows: dictionaries in the order of time, already with ids."""
    address = {contact["contact_id"]: contact["email"] for contact in contacts if contact["contact_id"]}

    # Security scanners that open every link within seconds of the mailing.
    scanned = [row for row in rows if row["type"] == "email_sent"][::14]
    extra = []
    for row in scanned:
        moment = datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%SZ") + timedelta(seconds=whole(2, 9))
        extra.append(
            dict(row, type="email_click", timestamp=zulu(moment), url="/learn/glossary", user_agent=pick(SCANNERS))
        )

    # The telephone system writes wall-clock time of Warsaw, without an offset.
    for row in rows:
        if row["type"] == "call":
            utc = datetime.strptime(row["timestamp"], "%Y-%m-%dT%H:%M:%SZ")
            summer = datetime(2026, 3, 29, 1) <= utc < datetime(2026, 10, 25, 1)
            row["timestamp"] = (utc + timedelta(hours=2 if summer else 1)).strftime("%Y-%m-%d %H:%M:%S")

    # The web shop writes the e-mail where the contact's id should be, now and then.
    carts = [row for row in rows if row["type"] == "add_to_cart" and address.get(row["contact_id"])]
    for row in carts[::6]:
        row["contact_id"] = address[row["contact_id"]]

    rows.extend(extra)
    template = {"url": "/learn/crm-101", "campaign": "", "value": "", "user_agent": BROWSERS[0]}
    for contact_id, kind, moment in (  # nobody knows these
        ("C-9001", "page_view", "2026-02-03T10:00:00Z"),
        ("C-9001", "email_open", "2026-02-03T10:05:00Z"),
        ("C-9417", "meeting_booked", "2026-10-02T08:30:00Z"),
        ("ktos.nieznany@poczta.example", "add_to_cart", "2026-11-23T08:15:00Z"),
        ("", "page_view", "2026-05-05T05:05:05Z"),
    ):
        rows.append(dict(template, contact_id=contact_id, type=kind, timestamp=moment))
    # A shared mailbox: the first contact of the file takes it.
    rows.append(dict(template, contact_id="biuro@poczta.example", type="page_view", timestamp="2026-11-11T11:11:11Z"))
    rows.append(dict(template, contact_id="C-0005", type="Email_Open ", timestamp="2026-11-12T09:00:00+01:00"))  # spelt oddly
    rows.append(dict(template, contact_id="C-0006", type="page_view", timestamp="2026-13-45"))  # no such day
    rows.append(dict(template, contact_id="C-0007", type="page_view", timestamp=""))
    rows.append(dict(template, contact_id="C-0008", type="page_view", timestamp="2027-03-01T09:00:00Z"))  # the future
    rows.append(dict(template, contact_id="C-0009", type="", timestamp="2026-11-02T10:00:00Z"))
    rows.append(
        dict(template, contact_id="C-0010", type="page_view", timestamp="1793959200", url="/learn/email-basics?a=1,2")
    )  # seconds since 1970
    rows.append(
        dict(template, contact_id="C-0011", type="support_chat", timestamp="2026-10-30T13:00:00Z", value="Super!\nPolecam.")
    )


# ---------------------------------------------------------------------------------------------


def as_csv(columns, rows):
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8")


CAMPAIGNS = campaigns()


def main():
    out = pathlib.Path(__file__).resolve().parent
    if len(sys.argv) == 3 and sys.argv[1] == "--out":
        out = pathlib.Path(sys.argv[2])
    elif len(sys.argv) != 1:
        sys.exit("usage: generate.py [--out DIR]")

    companies = make_companies()
    pull = {number: company["pull"] for number, company in enumerate(companies)}
    kinds = [True] * BUSINESS_PEOPLE + [False] * SHOPPERS
    contacts, taken, activities = [], set(), []
    business_left, shoppers_left = BUSINESS_PEOPLE, SHOPPERS
    for number in range(1, len(kinds) + 1):
        business = chance(business_left / (business_left + shoppers_left))
        business_left, shoppers_left = business_left - business, shoppers_left - (not business)
        company = companies[pick_by(pull)] if business else None
        contact, person = make_contact(number, company, taken)
        mine = []

        def add(kind, moment, url, campaign, value, agent):
            if FIRST_DAY <= moment < NOW:
                mine.append((moment, contact["contact_id"], kind, url, campaign, value, agent))

        live(contact, person, add)
        finish_contact(contact, person, {row[2] for row in mine})
        activities.extend(mine)
        contacts.append(contact)

    activities.sort()
    rows = [
        {
            "contact_id": contact_id,
            "type": kind,
            "timestamp": zulu(moment),
            "url": url,
            "campaign": campaign,
            "value": value,
            "user_agent": agent,
        }
        for moment, contact_id, kind, url, campaign, value, agent in activities
    ]
    spoil_contacts(contacts)
    spoil_activities(rows, contacts)
    for number, row in enumerate(rows, 1):
        row["activity_id"] = f"A-{number:06d}"
    rows.extend(dict(row) for row in rows[5000:5012])  # two exports that overlap by a dozen rows

    (out / "contacts.csv").write_bytes(as_csv(CONTACT_COLUMNS, contacts))
    (out / "activities.csv").write_bytes(as_csv(ACTIVITY_COLUMNS, rows))


main()
