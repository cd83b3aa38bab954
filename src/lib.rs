//! leadscore.
