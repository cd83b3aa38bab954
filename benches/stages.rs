//! The stages of a run one by one, on exports of size S and the rules of `benches/job`. In: the exports that
//! `benches/run --size S` invents (or the folder `LEADSCORE_BENCH_DATA`). Out: times and rates.
//!
//! `cargo bench --bench stages`. Splitting, parting, times and look-ups run on one thread; the rest on all.

use std::hint::black_box;
use std::path::Path;
use std::sync::{Arc, LazyLock};
use std::{env, io};

use divan::Bencher;
use divan::counter::{BytesCount, ItemsCount};
use leadscore::engine::activities::{ActivityReader, AsOf, Scene, Told};
use leadscore::engine::contacts::{Contacts, ContactsBuilder, Directory};
use leadscore::engine::ledger::ClosedLedger;
use leadscore::engine::plan::Plan;
use leadscore::engine::scored::score_everybody;
use leadscore::input::{self, Options};
use leadscore::instant::{Calendar, Instant, Zone};
use leadscore::output::{csv, ranked};
use leadscore::record::{Block, Cells, Table};
use leadscore::rules;
use leadscore::value::{Reading, parse_time};

/// 2026-11-23T00:00:00Z
const AS_OF: Instant = Instant(1_795_392_000_000);

fn main() {
    divan::main();
}

/// An export in memory.
struct Export {
    table: Table,
    blocks: Vec<Block>,
}

impl Export {
    fn bytes(&self) -> BytesCount {
        BytesCount::new(self.blocks.iter().map(|block| block.text.len()).sum::<usize>())
    }

    /// The cells of a column.
    fn column(&self, name: &str) -> Vec<String> {
        let at = self.table.columns.iter().position(|column| column == name).expect("a column of this name");
        let mut cells = Cells::of(&self.table);
        let mut found = Vec::new();
        for block in &self.blocks {
            block.for_each_record(&self.table, &mut cells, |record, _| found.push(record.get(at).to_owned()));
        }
        found
    }
}

fn place(file: &str) -> String {
    let usual = Path::new(env!("CARGO_MANIFEST_DIR")).join("target/bench-data/S");
    let folder = env::var_os("LEADSCORE_BENCH_DATA").map_or(usual, Into::into);
    folder.join(file).display().to_string()
}

fn read(file: &str) -> Export {
    let mut reader = input::open(&place(file), 0, &Options::default())
        .expect("exports of size S; `benches/run --size S` invents them");
    let table = reader.table().clone();
    let blocks = std::iter::from_fn(|| reader.next_block().expect("a readable export")).collect();
    Export { table, blocks }
}

static CONTACTS: LazyLock<Export> = LazyLock::new(|| read("contacts.csv"));
static ACTIVITIES: LazyLock<Export> = LazyLock::new(|| read("activities.csv"));
static PLAN: LazyLock<Plan<'static>> = LazyLock::new(|| {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/job/rules.yaml");
    let Ok(rules) = rules::load(&path) else { panic!("{} has faults", path.display()) };
    let model = Box::leak(Box::new(rules.model));
    let (contacts, activities) = (vec![CONTACTS.table.clone()], vec![ACTIVITIES.table.clone()]);
    let Ok(plan) = Plan::bind(model, contacts, activities, None) else { panic!("the rules don't fit the exports") };
    plan
});
static WHO: LazyLock<(Contacts, Directory)> = LazyLock::new(|| {
    let mut builder = ContactsBuilder::new(&PLAN, AS_OF);
    builder.add(CONTACTS.blocks.clone().into());
    builder.finish()
});
static SCENE: LazyLock<Scene<'static>> = LazyLock::new(|| {
    static NOW: AsOf = AsOf { run: AS_OF, own: None };
    Scene { plan: &PLAN, contacts: &WHO.0, as_of: &NOW }
});

fn reader() -> ActivityReader<'static> {
    ActivityReader::new(*SCENE, &WHO.1, Told::All)
}

/// What everybody did.
fn ledger() -> Arc<ClosedLedger> {
    let mut reader = reader();
    reader.add(ACTIVITIES.blocks.clone().into());
    Arc::new(reader.finish().0)
}

#[divan::bench]
fn split_the_file_into_blocks(bencher: Bencher) {
    bencher.counter(ACTIVITIES.bytes()).bench(|| read("activities.csv"));
}

#[divan::bench]
fn part_records_into_cells(bencher: Bencher) {
    let Export { table, blocks } = &*ACTIVITIES;
    bencher.counter(ACTIVITIES.bytes()).with_inputs(|| Cells::of(table)).bench_refs(|cells| {
        for block in blocks {
            block.for_each_record(table, cells, |record, _| {
                black_box(record);
            });
        }
    });
}

#[divan::bench]
fn read_times(bencher: Bencher) {
    let (texts, zone) = (ACTIVITIES.column("timestamp"), Zone::utc());
    let reading = Reading::default();
    bencher.counter(ItemsCount::new(texts.len())).with_inputs(Calendar::default).bench_refs(|calendar| {
        texts.iter().filter_map(|text| parse_time(text, &reading, &zone, calendar)).map(|time| time.0).max()
    });
}

#[divan::bench]
fn look_contacts_up(bencher: Bencher) {
    let names = ACTIVITIES.column("contact_id");
    let find_all = || names.iter().filter(|name| WHO.1.find(name, &WHO.0).is_some()).count();
    bencher.counter(ItemsCount::new(names.len())).bench(find_all);
}

#[divan::bench]
fn take_contacts_in(bencher: Bencher) {
    bencher.counter(CONTACTS.bytes()).with_inputs(|| CONTACTS.blocks.clone()).bench_values(|blocks| {
        let mut builder = ContactsBuilder::new(&PLAN, AS_OF);
        builder.add(blocks.into());
        builder.finish()
    });
}

#[divan::bench]
fn fold_activities(bencher: Bencher) {
    let inputs = || (reader(), ACTIVITIES.blocks.clone());
    bencher.counter(ACTIVITIES.bytes()).with_inputs(inputs).bench_values(|(mut reader, blocks)| {
        reader.add(blocks.into());
        reader
    });
}

#[divan::bench]
fn score_and_rank(bencher: Bencher) {
    let ledger = ledger();
    let score = || score_everybody(*SCENE, Arc::clone(&ledger), None, 0, Vec::new(), false, &|_| ());
    bencher.counter(ItemsCount::new(SCENE.contacts.len())).bench(score);
}

#[divan::bench]
fn write_everybody(bencher: Bencher) {
    let ledger = ledger();
    let scored = score_everybody(*SCENE, ledger, None, 0, Vec::new(), false, &|_| ());
    let choice = ranked::Choice { ranks: ranked::Ranks::First(scored.order.len()), reasons: false };
    let write = || csv::write(&ranked::sheet(&scored, &choice), csv::Dialect::plain(b','), &mut io::sink());
    bencher.counter(CONTACTS.bytes()).bench(write);
}
