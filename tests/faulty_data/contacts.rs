//! Contact exports that end the run, or of which rows are set aside.

use super::{Case, hold};

#[test]
fn files_that_are_no_export() {
    hold(
        "files_that_are_no_export",
        vec![
            Case::contacts("an empty file", ""),
            Case::contacts("nothing but line ends", "\n\r\n\n"),
            Case::contacts("nothing but a byte-order mark", "\u{feff}"),
            Case::contacts("gzip", b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03".to_vec()),
            Case::contacts("zstd", b"\x28\xb5\x2f\xfd\x24\x00".to_vec()),
            Case::contacts("a workbook", b"PK\x03\x04\x14\x00\x06\x00".to_vec()),
            Case::contacts("an old workbook", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec()),
            Case::contacts("a web page", "<!DOCTYPE html>\n<html><body>Please log in</body></html>"),
            Case::contacts("UTF-16 without a mark", utf16(b"", "id,phone\n1,123\n")),
            Case::contacts(
                "binary junk",
                (0..=255).map(|byte: u8| byte.wrapping_mul(89)).cycle().take(4096).collect::<Vec<u8>>(),
            ),
            Case::contacts("nothing but zero bytes", vec![0; 4096]),
            Case::contacts("no such file", "").called("lost.csv --rules rules.yaml"),
            Case::contacts("a folder", "").called(". --rules rules.yaml"),
            Case::contacts("standard input twice", "")
                .called("- --activities - --rules rules.yaml")
                .input("id,phone\n1,2\n"),
        ],
    );
}

#[test]
fn headers_that_leave_something_open() {
    hold(
        "headers_that_leave_something_open",
        vec![
            Case::contacts("no column for the id", "key,phone\n1,123\n"),
            Case::contacts("the id column twice", "id,phone,id\n1,123,2\n"),
            Case::contacts("two columns alike", "id,Phone,PHONE\n1,123,\n"),
            Case::contacts("nothing but delimiters", ",,,\n,,,\n"),
            Case::contacts("the wrong delimiter", "id,phone\n1,123\n").with("--delimiter ;"),
            Case::contacts("a title above the header", "Contacts of today\nid,phone\n1,123\n"),
            Case::contacts("a terminal's commands in the header", "\u{1b}[2Jid,phone\n1,123\n"),
            Case::contacts("a quote in the header that never closes", "id,\"phone\n1,123\n2,456\n"),
            Case::contacts("a header that is not UTF-8", b"id,phone,na\xefve\n1,123,x\n".to_vec()),
        ],
    );
}

#[test]
fn rows_that_cannot_be_used() {
    hold(
        "rows_that_cannot_be_used",
        vec![
            Case::contacts("a row too short", "id,phone\n1,123\n2\n3,\n"),
            Case::contacts("a row too long", "id,phone\n1,123\n2,456,789\n"),
            Case::contacts(
                "a row too long behind a row of three lines",
                "id,phone\n1,\"12\n\n3\"\n\n2,456,\"7\n89\"\n",
            ),
            Case::contacts("a row too long between carriage returns", "id,phone\r1,123\r2,4,5\r"),
            Case::contacts("a comma without quotes", "id,phone\n1,123\n2,ACME, Inc.\n"),
            Case::contacts("backslashes in place of doubled quotes", "id,phone\n1,\"say \\\"hi, you\\\"\"\n"),
            Case::contacts("a quote that never closes", "id,phone\n1,123\n2,\"456\n3,789\n"),
            Case::contacts("a row that is not UTF-8", b"id,phone\n1,123\n2,Za\xbf\xf3\xb3\xe6\n".to_vec()),
            Case::contacts("rows set aside", "id,phone\n1,123\n2\n3,\"4\",\"5\"\"6\"\n4,\n")
                .with("--rejects /dev/stderr"),
            Case::contacts("all rows set aside", "id,phone\n1\n2\n").with("--rejects /dev/stderr"),
        ],
    );
}

fn utf16(mark: &[u8], text: &str) -> Vec<u8> {
    mark.iter().copied().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect()
}
