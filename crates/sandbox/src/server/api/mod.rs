//! The endpoints, by area. Each module lists its own; a path that is in none answers 404 with nothing, as the platform does.

mod acquisition;
mod codes;
mod contacts;
mod customers;
mod groups;
mod ids;
mod library;
mod login;
mod mass;
mod media;
mod messages;
mod moments;
mod statistics;
mod tags;
mod transfer;
mod welcome;

use super::call::{Answer, Call};
pub use media::{download, summary, upload};
use std::collections::HashMap;

#[derive(Clone, Copy)]
pub struct Endpoint {
    /// Below `/cgi-bin/`.
    pub path: &'static str,
    pub get: bool,
    /// Fields that a refusal answers as empty lists.
    pub lists: &'static [&'static str],
    pub run: fn(&mut Call<'_>) -> Answer,
}

const fn get(path: &'static str, lists: &'static [&'static str], run: fn(&mut Call<'_>) -> Answer) -> Endpoint {
    Endpoint { path, get: true, lists, run }
}
const fn post(path: &'static str, lists: &'static [&'static str], run: fn(&mut Call<'_>) -> Answer) -> Endpoint {
    Endpoint { path, get: false, lists, run }
}

pub fn all() -> HashMap<&'static str, Endpoint> {
    let lists = [
        contacts::ENDPOINTS,
        customers::ENDPOINTS,
        ids::ENDPOINTS,
        codes::ENDPOINTS,
        acquisition::ENDPOINTS,
        groups::ENDPOINTS,
        tags::ENDPOINTS,
        welcome::ENDPOINTS,
        mass::ENDPOINTS,
        moments::ENDPOINTS,
        statistics::ENDPOINTS,
        transfer::ENDPOINTS,
        library::ENDPOINTS,
        messages::ENDPOINTS,
        media::ENDPOINTS,
        login::ENDPOINTS,
    ];
    lists.into_iter().flatten().map(|endpoint| (endpoint.path, *endpoint)).collect()
}
