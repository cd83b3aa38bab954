//! Rule files: `file` (what the YAML says, and where) → `validate` → [`model`].

pub mod added;
pub mod columns;
pub mod model;
