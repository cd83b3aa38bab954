//! Invented contacts of invented companies. In: a seed, how many. Out: the contact export, in the order in which
//! they were created. Any contact's id and mailbox can be told from its place alone, which is how activities name them.

use std::io;

use jiff::Timestamp;

use crate::random::Random;
use crate::record::{Cell, Records};

pub const HEADER: &[&str] = &[
    "contact_id",
    "email",
    "first_name",
    "last_name",
    "company",
    "account_id",
    "title",
    "department",
    "industry",
    "country",
    "city",
    "employees",
    "annual_revenue",
    "created_at",
    "consent",
    "phone",
    "website",
    "source",
    "owner",
    "qualified_at",
    "notes",
];

const FIRST: &[&str] = &[
    "Anna",
    "Jan",
    "Piotr",
    "Katarzyna",
    "Tomasz",
    "Maria",
    "Paweł",
    "Łukasz",
    "Agnieszka",
    "Michał",
    "Olena",
    "Andrii",
    "Oksana",
    "Jana",
    "Pavel",
    "Tomáš",
    "Lena",
    "Jonas",
    "Emma",
    "Noah",
    "Laura",
    "Felix",
    "Chloé",
    "Hugo",
    "Inès",
    "Oliver",
    "Amelia",
    "George",
    "Sophie",
    "Daniel",
    "Carlos",
    "Lucía",
    "Marco",
    "Giulia",
    "Sven",
    "Ingrid",
];
const LAST: &[&str] = &[
    "Nowak",
    "Kowalska",
    "Wiśniewski",
    "Wójcik",
    "Kamińska",
    "Lewandowski",
    "Zielińska",
    "Szymański",
    "Shevchenko",
    "Kovalenko",
    "Bondarenko",
    "Novák",
    "Svobodová",
    "Dvořák",
    "Müller",
    "Schmidt",
    "Fischer",
    "Weber",
    "Martin",
    "Dubois",
    "Moreau",
    "Smith",
    "Taylor",
    "O'Brien",
    "Wilson",
    "García",
    "Fernández",
    "Rossi",
    "Bianchi",
    "Lindström",
];
const NAME: &[&str] = &[
    "Amber", "Birch", "Cobalt", "Delta", "Ember", "Falcon", "Granite", "Harbour", "Iron", "Juniper", "Kestrel",
    "Lumen", "Maple", "North", "Onyx", "Pioneer", "Quartz", "River", "Summit", "Tundra", "Union", "Vertex", "Willow",
    "Zenith",
];
const BRANCH: &[&str] = &[
    "Logistics",
    "Foods",
    "Software",
    "Energy",
    "Health",
    "Textiles",
    "Finance",
    "Media",
    "Motors",
    "Tools",
    "Retail",
    "Travel",
    "Plastics",
    "Insurance",
    "Robotics",
    "Paper",
    "Steel",
    "Pharma",
    "Education",
    "Telecom",
];
const LEGAL: &[&str] = &["sp. z o.o.", "GmbH", "s.r.o.", "Ltd", "SAS", "S.A.", "Inc.", "Holding, Inc."];
const INDUSTRY: &[&str] = &[
    "Software",
    "Manufacturing",
    "Retail",
    "Logistics",
    "Financial Services",
    "Healthcare",
    "Energy",
    "Education",
    "Media",
    "Insurance",
    "Construction",
    "Telecommunications",
    "Hospitality",
    "Public Sector",
    "Agriculture",
    "Automotive",
];
const PLACE: &[(&str, &[&str])] = &[
    ("PL", &["Warszawa", "Kraków", "Wrocław", "Łódź", "Gdańsk"]),
    ("DE", &["Berlin", "München", "Hamburg", "Köln"]),
    ("CZ", &["Praha", "Brno"]),
    ("UA", &["Kyiv", "Lviv"]),
    ("FR", &["Paris", "Lyon"]),
    ("GB", &["London", "Leeds"]),
    ("ES", &["Madrid", "Sevilla"]),
    ("IT", &["Milano", "Roma"]),
    ("SE", &["Stockholm"]),
    ("US", &["New York", "Austin"]),
];
const LEVEL: &[&str] = &[
    "",
    "Senior ",
    "Junior ",
    "Lead ",
    "Head of ",
    "Director of ",
    "Intern, ",
    "VP ",
    "Chief Officer, ",
    "Associate ",
    "Deputy Head of ",
    "Regional ",
];
const WORK: &[&str] = &[
    "Sales",
    "Marketing",
    "Software Engineering",
    "Procurement",
    "Finance",
    "Operations",
    "Human Resources",
    "Logistics",
    "Customer Success",
    "Product Management",
    "Data Science",
    "IT Security",
    "Quality",
    "Legal Affairs",
    "Production",
    "Business Development",
    "Accounting",
    "Design",
    "Research",
    "Supply Chain",
    "Facilities",
    "Public Relations",
];
const ROLE: &[&str] = &[
    "",
    " Manager",
    " Specialist",
    " Analyst",
    " Consultant",
    " EMEA",
    " Coordinator",
    " & Partnerships",
    " (interim)",
    ", Central Europe",
    " II",
    " Team",
    " Partner",
];
const DEPARTMENT: &[&str] = &["Sales", "Marketing", "IT", "Finance", "Operations", "HR", "Production", "Board"];
const SOURCE: &[&str] = &["organic", "paid search", "partner", "webinar", "referral", "trade fair", "cold list"];
const FREE: &[&str] = &["gmail.com", "wp.pl", "outlook.com", "seznam.cz", "gmx.de"];
const NOTES: &[&str] = &[
    "Met at the fair; call back in spring",
    "Asked for the \"team\" plan, then went quiet",
    "Budget approved for next year",
    "Prefers e-mail",
    "Uses a competitor, contract ends in June",
    "Tender expected, price list sent",
    "Line one of the note\nand, on a second line, \"quoted\"",
    "Wants a demo for the whole board, about 12 people",
];

/// The id of the contact at a place; ids are spread over eight digits, so their order is not that of the export.
pub fn id(place: u64) -> String {
    format!("C{:08}", 10_000_000 + place * 38_196_601 % 90_000_000)
}

/// Who somebody is, which their mailbox is made of: first name, last name, mailbox if there is one.
struct Person {
    first: &'static str,
    last: &'static str,
    email: Option<String>,
}

fn person(seed: u64, place: u64) -> Person {
    let mut random = Random::new(seed ^ 0x636f_6e74, place);
    let (first, last) = (random.pick(FIRST), random.pick(LAST));
    // One of a thousand shares the mailbox of the contact before.
    let number = if random.per_mille(1) { place.saturating_sub(1) } else { place };
    let host = if random.per_mille(150) { random.pick(FREE) } else { "example.com" };
    let email = match random.below(100) {
        0..2 => None,
        2..6 => Some(format!("{}.{number}@{host}", ascii(last))),
        _ => Some(format!("{}{number}@{host}", ascii(last).to_lowercase())),
    };
    Person { first, last, email }
}

/// The mailbox of the contact at a place, as mail programs write it.
pub fn mailbox(seed: u64, place: u64) -> Option<String> {
    person(seed, place).email.map(|email| email.to_lowercase())
}

fn ascii(name: &str) -> String {
    name.chars().filter(char::is_ascii_alphabetic).collect()
}

/// What all contacts of an account share.
struct Account {
    id: String,
    company: String,
    website: String,
    industry: &'static str,
    country: &'static str,
    city: &'static str,
    employees: u64,
    revenue: u64,
}

fn account(seed: u64, number: u64) -> Account {
    let mut random = Random::new(seed ^ 0x6163_6374, number);
    let (name, branch) = (random.pick(NAME), random.pick(BRANCH));
    let (country, cities) = PLACE[random.skewed(PLACE.len() as u64) as usize];
    let employees = 1 + random.skewed(400) * (1 + random.skewed(60));
    Account {
        id: format!("A{number:06}"),
        company: format!("{name} {branch} {}", random.pick(LEGAL)),
        website: format!("{}{number}.example", name.to_lowercase()),
        industry: random.pick_skewed(INDUSTRY),
        country,
        city: random.pick(cities),
        employees,
        revenue: employees * (20_000 + 1_000 * random.below(300)),
    }
}

/// Writes the contact export; everybody was created in the ten years before `as_of` (seconds since 1970).
pub fn write(seed: u64, count: u64, as_of: i64, records: &mut Records) -> io::Result<()> {
    let ten_years = 3652 * 86_400;
    let instant = |second: i64| Timestamp::from_second(second).expect("a second of this century").to_string();
    for place in 0..count {
        let mut random = Random::new(seed ^ 0x726f_7773, place);
        let Person { first, last, email } = person(seed, place);
        let account = random.per_mille(880).then(|| account(seed, random.skewed(count / 6 + 1)));
        let title = random
            .per_mille(920)
            .then(|| format!("{}{}{}", random.pick_skewed(LEVEL), random.pick_skewed(WORK), random.pick_skewed(ROLE)));
        let phone = random
            .per_mille(650)
            .then(|| format!("+48{}{:03}{:03}", 500 + random.below(300), random.below(1000), random.below(1000)));
        let created = as_of - ten_years + (place as i128 * i128::from(ten_years) / i128::from(count)) as i64;
        let qualified = random.per_mille(250).then(|| instant(as_of - random.below(180 * 86_400) as i64));
        let employees = account.as_ref().map(|account| account.employees.to_string());
        let revenue = account.as_ref().map(|account| account.revenue.to_string());
        let of_account = |cell: for<'a> fn(&'a Account) -> &'a str| {
            account.as_ref().map_or(Cell::Missing, |account| Cell::Text(cell(account)))
        };
        records.write(&[
            Cell::Text(&id(place)),
            Cell::text(&email),
            Cell::Text(first),
            Cell::Text(last),
            of_account(|account| &account.company),
            of_account(|account| &account.id),
            Cell::text(&title),
            Cell::Text(random.pick_skewed(DEPARTMENT)),
            of_account(|account| account.industry),
            of_account(|account| account.country),
            of_account(|account| account.city),
            Cell::literal(&employees),
            Cell::literal(&revenue),
            Cell::Text(&instant(created)),
            Cell::Literal(if random.per_mille(700) { "true" } else { "false" }),
            Cell::text(&phone),
            of_account(|account| &account.website),
            Cell::Text(random.pick_skewed(SOURCE)),
            Cell::Text(&format!("u{:02}", random.below(40))),
            Cell::text(&qualified),
            if random.per_mille(120) { Cell::Text(random.pick(NOTES)) } else { Cell::Missing },
        ])?;
    }
    Ok(())
}
