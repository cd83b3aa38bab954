//! Rule files: `file` (what the YAML says, and where) → `validate` → [`model`].

pub mod columns;
pub mod model;
