//! The HTTP door in-process, on both engines. A domain adds a file here; [`support::TestApp`] has the rest.

mod administration;
mod documents;
mod edge;
mod endpoints;
mod inputs;
mod listening;
mod session;
mod support;
