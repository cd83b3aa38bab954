//! The JSON Schema against rule files: those that are right conform, and those whose shape is
//! wrong do not. The checker below knows the words that the schema uses, and no others.

use leadscore::rules::SCHEMA;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};

struct Schema {
    root: Value,
}

impl Schema {
    /// Why a value does not conform; nothing where it does.
    fn fault(&self, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let words = schema.as_object().unwrap();
        words.iter().find_map(|(word, wanted)| self.word(word, wanted, schema, value, at))
    }

    fn word(&self, word: &str, wanted: &Value, schema: &Value, value: &Value, at: &str) -> Option<String> {
        let unless = |holds: bool| (!holds).then(|| format!("{at}: {value} breaks {word}: {wanted}"));
        let list = value.as_array();
        let map = value.as_object();
        match word {
            "$schema" | "title" | "description" | "definitions" => None,
            "$ref" => {
                let pointer = wanted.as_str().unwrap().trim_start_matches('#');
                self.fault(self.root.pointer(pointer).unwrap(), value, at)
            }
            "allOf" => wanted.as_array().unwrap().iter().find_map(|one| self.fault(one, value, at)),
            "anyOf" => {
                let faults: Vec<_> = wanted.as_array().unwrap().iter().map(|one| self.fault(one, value, at)).collect();
                faults.iter().all(Option::is_some).then(|| format!("{at}: none of: {faults:?}"))
            }
            "type" => {
                let names = wanted.as_array().map_or(std::slice::from_ref(wanted), Vec::as_slice);
                unless(names.iter().any(|name| is_of_type(value, name.as_str().unwrap())))
            }
            "const" => unless(value == wanted),
            "enum" => unless(wanted.as_array().unwrap().contains(value)),
            "pattern" => unless(value.as_str().is_none_or(|text| matches(wanted, text))),
            "minimum" => unless(value.as_f64().is_none_or(|number| number >= wanted.as_f64().unwrap())),
            "maximum" => unless(value.as_f64().is_none_or(|number| number <= wanted.as_f64().unwrap())),
            "minItems" => unless(list.is_none_or(|list| list.len() as u64 >= wanted.as_u64().unwrap())),
            "maxItems" => unless(list.is_none_or(|list| list.len() as u64 <= wanted.as_u64().unwrap())),
            "minLength" => unless(value.as_str().is_none_or(|text| text.len() as u64 >= wanted.as_u64().unwrap())),
            "minProperties" => unless(map.is_none_or(|map| map.len() as u64 >= wanted.as_u64().unwrap())),
            "items" => list?.iter().enumerate().find_map(|(n, item)| self.fault(wanted, item, &format!("{at}/{n}"))),
            "required" => {
                let map = map?;
                wanted
                    .as_array()
                    .unwrap()
                    .iter()
                    .find_map(|key| (!map.contains_key(key.as_str().unwrap())).then(|| format!("{at}: no {key}")))
            }
            "propertyNames" => {
                let pattern = &wanted["pattern"];
                map?.keys().find(|key| !matches(pattern, key)).map(|key| format!("{at}: the key {key}"))
            }
            "properties" => wanted
                .as_object()
                .unwrap()
                .iter()
                .find_map(|(key, schema)| self.fault(schema, map?.get(key)?, &format!("{at}/{key}"))),
            "additionalProperties" => map?.iter().find_map(|(key, value)| {
                if schema["properties"].get(key).is_some() {
                    None
                } else if wanted == &Value::Bool(false) {
                    Some(format!("{at}: unknown key {key}"))
                } else {
                    self.fault(wanted, value, &format!("{at}/{key}"))
                }
            }),
            other => panic!("the checker does not know the word {other}"),
        }
    }
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        "number" => value.is_number(),
        "integer" => value.as_i64().is_some(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("the checker does not know the type {other}"),
    }
}

fn matches(pattern: &Value, text: &str) -> bool {
    regex::Regex::new(pattern.as_str().unwrap()).unwrap().is_match(text)
}

/// YAML as an editor sees it: keys are texts.
fn read(path: &Path) -> Option<Value> {
    fn convert(value: serde_yaml::Value) -> Value {
        match value {
            serde_yaml::Value::Mapping(map) => {
                let entries = map.into_iter().map(|(key, value)| {
                    let key = convert(key);
                    (key.as_str().map_or_else(|| key.to_string(), str::to_owned), convert(value))
                });
                Value::Object(entries.collect())
            }
            serde_yaml::Value::Sequence(list) => Value::Array(list.into_iter().map(convert).collect()),
            other => serde_json::to_value(other).unwrap_or(Value::Null),
        }
    }
    serde_yaml::from_str(&fs::read_to_string(path).unwrap()).ok().map(convert)
}

fn rule_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(rule_files(&path));
        } else if path.extension().is_some_and(|ending| ending == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn schema() -> Schema {
    Schema { root: serde_json::from_str(SCHEMA).unwrap() }
}

#[test]
fn every_rule_file_that_can_be_used_conforms() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let schema = schema();
    let mut checked = 0;
    for path in ["rules", "tests"].into_iter().flat_map(|folder| rule_files(&root.join(folder))) {
        if leadscore::rules::load(&path).is_err() {
            continue;
        }
        let value = read(&path).unwrap();
        assert_eq!(schema.fault(&schema.root, &value, ""), None, "{}", path.display());
        checked += 1;
    }
    assert!(checked > 10, "only {checked} rule files were found");
}

#[test]
fn rule_files_of_a_wrong_shape_do_not_conform() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let schema = schema();
    for code in [
        "bad-duration",
        "bad-percentage",
        "empty-list",
        "group-in-group",
        "missing-key",
        "mixed-grades",
        "no-points",
        "number-out-of-range",
        "shares-without-sum",
        "two-forms",
        "unknown-key",
        "unknown-operator",
        "unknown-version",
        "unknown-word",
        "wrong-type",
    ] {
        let value = read(&folder.join(format!("{code}.yaml"))).unwrap_or_else(|| panic!("{code} is no YAML"));
        assert!(schema.fault(&schema.root, &value, "").is_some(), "{code} conforms");
    }
}

#[test]
fn the_command_prints_the_schema() {
    let run = assert_cmd::Command::cargo_bin("leadscore").unwrap().arg("schema").assert().success();
    assert_eq!(String::from_utf8(run.get_output().stdout.clone()).unwrap(), SCHEMA);
}
