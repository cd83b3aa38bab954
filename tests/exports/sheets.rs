//! Workbooks made for the tests, and what is peculiar to them.

use super::{CONTACTS, folder, score, scored};
use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use std::fs;

/// A workbook with the rows on its first sheet: texts as texts, numbers, dates and booleans as a
/// spreadsheet program knows them. A blank row stands above and one below the header.
pub fn workbook(rows: &[impl AsRef<[&'static str]>]) -> Vec<u8> {
    let mut book = Workbook::new();
    let (date, time) = (Format::new().set_num_format("dd.mm.yyyy"), Format::new().set_num_format("yyyy-mm-dd hh:mm"));
    let sheet = book.add_worksheet();
    let headers = rows[0].as_ref();
    for (number, row) in rows.iter().enumerate() {
        let number = number as u32 + if number == 0 { 1 } else { 2 };
        for (column, (cell, header)) in row.as_ref().iter().zip(headers).enumerate() {
            let column = column as u16;
            match *header {
                _ if cell.is_empty() => continue,
                _ if cell == header => sheet.write_string(number, column, *cell),
                "Przychód" => sheet.write_number(number, column, cell.parse::<f64>().unwrap()),
                "consent" => sheet.write_boolean(number, column, *cell == "true"),
                "closes" | "at" => {
                    let format = if cell.contains('T') { &time } else { &date };
                    sheet.write_datetime_with_format(
                        number,
                        column,
                        ExcelDateTime::parse_from_str(cell).unwrap(),
                        format,
                    )
                }
                _ => sheet.write_string(number, column, *cell),
            }
            .unwrap();
        }
    }
    book.save_to_buffer().unwrap()
}

#[test]
fn a_sheet_may_be_named() {
    let folder = folder();
    let path = folder.path();
    let mut book = Workbook::new();
    for (name, id, hidden) in [("Notes", "n", true), ("Leads", "a", false), ("Klienci łódź", "b", false)] {
        let sheet = book.add_worksheet().set_name(name).unwrap().set_hidden(hidden).set_active(name == "Leads");
        sheet.write_string(0, 0, "id").unwrap();
        sheet.write_string(1, 0, id).unwrap();
    }
    // What has no value of its own: an error, a formula; what has noise.
    let sheet = book.worksheet_from_name("Leads").unwrap();
    sheet.write_row(0, 1, ["n/a", "sum", "noise", "later"]).unwrap();
    sheet.write_formula(1, 1, Formula::new("=NA()").set_result("#N/A")).unwrap();
    sheet.write_formula(1, 2, Formula::new("=1+1").set_result("2")).unwrap();
    sheet.write_number(1, 3, 0.1 + 0.2).unwrap();
    sheet.merge_range(4, 0, 6, 0, "merged", &Format::new()).unwrap();
    book.save(path.join("book.xlsx")).unwrap();
    let rules = "version: 1\nscores: { s: { rules: [{ name: A, when: { id: a }, points: 1 }] } }\n";
    fs::write(path.join("rules.yaml"), rules).unwrap();
    let shown = scored(path, &["book.xlsx"], &[], &["--reasons", "0"]);
    assert_eq!(shown, "id,n/a,sum,noise,later,lead_rank,lead_s\na,,2,0.3,,1,1\nmerged,,,,,2,0\n");
    let named = scored(path, &["book.xlsx#Klienci łódź"], &[], &["--reasons", "0"]);
    assert_eq!(named, "id,lead_rank,lead_s\nb,1,0\n");
    let fault = score(path, &["book.xlsx#Lead"], &[], &[]);
    let said = String::from_utf8_lossy(&fault.stderr).into_owned();
    assert!(said.contains("there is no sheet `Lead`; there are: `Notes`, `Leads`, `Klienci łódź`"), "{said}");
    let fault = score(path, &["contacts.csv#Leads"], &[], &[]);
    assert!(String::from_utf8_lossy(&fault.stderr).contains("only Excel workbooks (.xlsx) have sheets"));
}

#[test]
fn a_row_wider_than_the_header_is_a_bad_row_with_its_number() {
    let folder = folder();
    let mut book = Workbook::new();
    let sheet = book.add_worksheet();
    sheet.write_row(2, 0, CONTACTS[0]).unwrap();
    sheet.write_row(5, 0, CONTACTS[1]).unwrap();
    sheet.write_string(7, 9, "astray").unwrap();
    book.save(folder.path().join("book.xlsx")).unwrap();
    let fault = score(folder.path(), &["book.xlsx"], &["activities.csv"], &[]);
    assert_eq!(fault.status.code(), Some(1));
    let said = String::from_utf8_lossy(&fault.stderr).into_owned();
    assert!(said.contains("book.xlsx:8: 10 cells where the header has 7"), "{said}");
    let fault = score(folder.path(), &["book.xlsx"], &["activities.csv"], &["--rejects", "rejects.csv"]);
    assert_eq!(fault.status.code(), Some(3));
}
