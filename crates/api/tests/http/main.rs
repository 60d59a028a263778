//! The HTTP door in-process, on both engines. A domain adds a file here; [`support::TestApp`] has the rest.

mod administration;
mod analysis;
mod audiences;
mod catalogue;
mod channels;
mod documents;
mod edge;
mod endpoints;
mod exports;
mod gate;
mod guide;
mod guide_shop;
mod imports;
mod inputs;
mod listening;
mod messages;
mod people;
mod people_identity;
mod people_scope;
mod people_standing;
mod people_world;
mod session;
mod staff_scope;
mod support;
mod wecom;
mod welcomes;
