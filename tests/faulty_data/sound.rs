//! Files that look odd and are sound: every contact is scored, every cell stays as it is.

use super::{Case, hold};

#[test]
fn odd_files_that_are_sound() {
    hold(
        "odd_files_that_are_sound",
        vec![
            Case::contacts("a header alone", "id,phone\n"),
            Case::contacts("a header without a line end", "id,phone"),
            Case::contacts("a last line without an end", "id,phone\n1,123"),
            Case::contacts("carriage returns", "id,phone\r1,123\r2,\r"),
            Case::contacts("line ends of all kinds", "\r\nid,phone\r\n1,123\n\n2,\r3,456\n\r\n"),
            Case::contacts("two byte-order marks", "\u{feff}\u{feff}id,phone\n1,123\n"),
            Case::contacts("a byte-order mark in a cell", "id,phone\n1,\u{feff}\n"),
            Case::contacts("a zero byte in a cell", "id,phone\n1,12\0x\n"),
            Case::contacts("a first line for Excel", "sep=;\r\nid;phone\r\n1;123\r\n"),
            Case::contacts("semicolons and decimal commas", "id;phone;worth, net\n1;123;1,5\n2;;2,5\n"),
            Case::contacts("tabs", "id\tphone\tnote\n1\t123\ta, b; c\n"),
            Case::contacts("bars", "id|phone\n1|123\n"),
            Case::contacts("an empty header at the end", "id,phone,\n1,123,\n2,,x\n"),
            Case::contacts("a header of two lines", "id,\"phone\",\"note, of\nsales\"\n1,123,x\n"),
            Case::contacts("inches", "id,phone,size\n1,123,12\" pipes\n2,,\"7\"\" pipes\"\n"),
            Case::contacts("text behind a closing quote", "id,phone,note\n1,123,\"a\"b\"c\n2,,\n"),
            Case::contacts("delimiters alone in a row", "id,phone\n,\n1,123\n"),
            Case::contacts("an id in quotes with a line end", "id,phone\n\"1\n2\",123\n"),
            Case::contacts("ids that must stay texts", "id,phone\n007,1e5\n3.97792E+10,0123\n"),
            Case::contacts("a cell of five megabytes", format!("id,phone\n1,\"{}\"\n2,\n", "x\n".repeat(2_500_000))),
            Case::contacts(
                "ten thousand columns",
                format!("id,phone{}\n1,2{}\n", ",c".repeat(10_000), ",".repeat(10_000)),
            ),
            Case::contacts("a terminal's commands in a cell", "id,phone\n1,\u{1b}[2J\n").with("--format table"),
            Case::contacts("standard input", "").called("- --rules rules.yaml --quiet").input("id,phone\n1,123\n"),
        ],
    );
}
