//! The JSON Schema of the rule file (draft 7), by which editors complete and check.
//!
//! It says what a rule file may look like; what only makes sense together (names that exist,
//! ranges the right way round) is for `leadscore check`. The schema is a file of its own beside
//! the rule files, so that an editor can be pointed at it; a test holds its keys against those
//! that validation knows.

/// The schema, as JSON.
pub const SCHEMA: &str = include_str!("../../rules/leadscore.schema.json");

#[cfg(test)]
mod tests {
    use super::SCHEMA;
    use crate::rules::validate;
    use serde_json::Value;
    use std::collections::BTreeSet;

    #[test]
    fn the_schema_knows_the_keys_that_validation_knows() {
        let schema: Value = serde_json::from_str(SCHEMA).unwrap();
        for (pointers, keys) in validate::known_keys() {
            let mut found = BTreeSet::new();
            for pointer in pointers {
                let object = schema.pointer(pointer).unwrap_or_else(|| panic!("no {pointer}"));
                assert_eq!(object["additionalProperties"], false, "{pointer} lets unknown keys pass");
                found.extend(object["properties"].as_object().unwrap().keys().map(String::as_str));
            }
            assert_eq!(found, keys.iter().copied().collect(), "{pointers:?}");
        }
    }

    #[test]
    fn every_key_is_described_to_whoever_completes_it() {
        fn look(schema: &Value, path: &str) {
            if let Some(properties) = schema["properties"].as_object() {
                for (key, value) in properties {
                    assert!(value["description"].is_string(), "{path}/{key} has no description");
                }
            }
            match schema {
                Value::Object(inner) => inner.iter().for_each(|(key, value)| look(value, &format!("{path}/{key}"))),
                Value::Array(inner) => inner.iter().for_each(|value| look(value, path)),
                _ => {}
            }
        }
        look(&serde_json::from_str(SCHEMA).unwrap(), "");
    }
}
