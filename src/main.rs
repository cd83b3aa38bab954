//! leadscore.
fn main() {}
