//! The HTTP door. Thin: a handler takes a permission handle, parses, calls one operation of a domain, converts.
//!
//! ## Adding a router for a domain
//!
//! 1. Add the domain's handle as a field of [`Parts`] (`pub people: People`) and its tables to [`migrations`].
//! 2. Write `src/people.rs`: inputs and outputs (`#[derive(Deserialize, ToSchema)]`), handlers, and
//!    `pub fn router() -> Endpoints { endpoints!(list, add, change) }`.
//! 3. A handler's first argument is its [`gate`] and says who may call it; its doc comment is the API text (English first, then a
//!    paragraph in Chinese). It does not compile without the gate, and the endpoint test fails without the text:
//!    ```ignore
//!    /// Lists people.
//!    ///
//!    /// 查询客户列表。
//!    #[utoipa::path(get, path = "/people", tag = "People", params(PeopleQuery), responses((status = 200, body = Items<PersonRow>)))]
//!    async fn list(may: May<PeopleRead>, Query(q): Query<PeopleQuery>, page: Paging, State(app): State<App>) -> Answer<Json<Items<PersonRow>>> {
//!        let scope = may.scope.clone();
//!        app.run(move |app| app.people.list(&scope, &q.filter(), page.limit, page.after.as_deref(), app.now())).await.map(Json)
//!    }
//!    ```
//! 4. Add `.merge(people::router())` to [`routes`].
//! 5. Names of inputs and outputs are global in the API document: begin them with the noun (`PersonRow`, not `Row`).
//!
//! Operations block, so a handler hands them to [`App::run`]. Errors are [`siyu_kernel::Refusal`]s and become the one error body by `?`.
//! What a handler did is recorded inside the domain's unit: `siyu_access::audit::record(tx, now, &may.actor, "person.merge", Some(id), &json!({…}))`,
//! or, when it changes nothing, with `app.access.record(…)`.

mod alerts;
mod analysis;
mod analysis_files;
mod app;
mod audience_days;
mod audience_exports;
mod audience_file;
mod audience_make;
mod audiences;
mod audit;
mod auth;
mod boards;
mod broadcasts;
mod carriers;
mod channel_board;
mod channel_files;
mod channel_out;
mod channels;
mod code_files;
mod code_page;
mod columns;
mod commerce;
mod console;
mod context;
mod cors;
mod direct;
pub mod doctor;
mod document;
mod edge;
mod effects;
mod erasures;
mod error;
mod events;
mod extract;
mod fields;
pub mod gate;
mod gate_rules;
mod group_codes;
mod group_messages;
mod group_welcomes;
mod guide_customers;
mod guide_groups;
mod guide_kits;
mod guide_leads;
mod guide_next;
mod guide_page;
mod guide_scripts;
mod guide_seat;
mod guide_setup;
mod guide_shapes;
mod guide_work;
mod handover_files;
mod handovers;
mod health;
pub mod imports;
mod journey_hooks;
mod journey_numbers;
mod journey_shapes;
mod journey_templates;
mod journeys;
mod keys;
mod kits;
mod lead_moves;
mod lead_setup;
mod leads;
mod lifecycle;
mod link_page;
mod live_codes;
mod logs;
mod mail_account;
mod material_shapes;
mod materials;
mod measure;
mod messages;
mod moments;
mod part;
mod people;
mod people_consents;
mod people_export;
mod people_files;
mod people_history;
mod people_identity;
mod people_out;
mod people_reader;
mod people_sides;
mod people_tags;
mod plays;
mod poster_files;
mod poster_pictures;
mod posters;
mod reach;
mod reach_files;
mod rehearsals;
mod reply;
pub mod route;
mod runs;
mod said;
mod schema;
mod search;
mod serve;
mod session;
mod settings;
mod sms_account;
mod sms_push;
mod sms_templates;
mod sop_effect;
mod sops;
mod standing;
mod stats;
mod suppressions;
mod tag_groups;
mod tags;
mod tally;
mod tracking;
mod unsubscribe_page;
mod users;
mod wecom;
mod wecom_callback;
mod wecom_inbox;
mod wecom_lists;
mod wecom_login;
mod wecom_people;
mod welcome_shapes;
mod welcomes;
mod words;
mod workspace;

pub use app::{App, Config, Parts};
pub use carriers::carriers;
pub use channels::channels;
pub use columns::audience;
pub use context::Context;
pub use cors::open_to_all;
pub use direct::{direct, direct_through};
pub use document::openapi;
pub use error::{Answer, ApiError};
pub use extract::{At, Body, Paging, Query};
pub use gate::May;
pub use journey_templates::journey_template;
pub use logs::{LogFormat, start_logs};
pub use plays::journeys;
pub use reach::reach;
pub use reply::{Created, Items, NoContent};
pub use route::Endpoints;
pub use serve::{bind, serve};
pub use sops::sops;
pub use tally::warm;
pub use wecom::contacts;
pub use workspace::Workspace;

use axum::Router;
use siyu_db::Migration;

/// The tables of every domain, in the order they are made. (Those of `siyu_db` come first by themselves.)
pub fn migrations() -> Vec<Migration> {
    [
        siyu_log::MIGRATIONS,
        siyu_access::MIGRATIONS,
        siyu_people::MIGRATIONS,
        siyu_commerce::MIGRATIONS,
        siyu_intake::MIGRATIONS,
        siyu_projection::MIGRATIONS,
        siyu_insight::MIGRATIONS,
        siyu_audience::MIGRATIONS,
        siyu_contacts::MIGRATIONS,
        siyu_gate::MIGRATIONS,
        siyu_reach::MIGRATIONS,
        siyu_direct::MIGRATIONS,
        siyu_channels::MIGRATIONS,
        siyu_guides::MIGRATIONS,
        siyu_leads::MIGRATIONS,
        siyu_journeys::MIGRATIONS,
        siyu_plays::MIGRATIONS,
        siyu_carriers::MIGRATIONS,
        siyu_sops::MIGRATIONS,
    ]
    .concat()
}

/// Everything under `/api/v1`.
fn routes() -> Endpoints {
    Endpoints::new()
        .merge(alerts::router())
        .merge(analysis::router())
        .merge(audiences::router())
        .merge(boards::router())
        .merge(channel_board::router())
        .merge(channels::router())
        .merge(code_files::router())
        .merge(live_codes::router())
        .merge(group_codes::router())
        .merge(posters::router())
        .merge(poster_pictures::router())
        .merge(poster_files::router())
        .merge(session::router())
        .merge(users::router())
        .merge(keys::router())
        .merge(audit::router())
        .merge(commerce::router())
        .merge(doctor::router())
        .merge(erasures::router())
        .merge(handovers::router())
        .merge(handover_files::router())
        .merge(fields::router())
        .merge(guide_seat::router())
        .merge(guide_customers::router())
        .merge(guide_groups::router())
        .merge(guide_leads::router())
        .merge(guide_scripts::router())
        .merge(guide_kits::router())
        .merge(guide_work::router())
        .merge(guide_setup::router())
        .merge(people::router())
        .merge(search::router())
        .merge(leads::router())
        .merge(lead_moves::router())
        .merge(lead_setup::router())
        .merge(lifecycle::router())
        .merge(standing::router())
        .merge(settings::router())
        .merge(tags::router())
        .merge(events::router())
        .merge(imports::router())
        .merge(schema::router())
        .merge(stats::router())
        .merge(wecom::router())
        .merge(wecom_inbox::router())
        .merge(wecom_lists::router())
        .merge(wecom_people::router())
        .merge(welcomes::router())
        .merge(messages::router())
        .merge(rehearsals::router())
        .merge(group_messages::router())
        .merge(group_welcomes::router())
        .merge(moments::router())
        .merge(reach_files::router())
        .merge(gate_rules::router())
        .merge(runs::router())
        .merge(effects::router())
        .merge(broadcasts::router())
        .merge(direct::router())
        .merge(journeys::router())
        .merge(journey_hooks::router())
        .merge(journey_numbers::router())
        .merge(materials::router())
        .merge(kits::router())
        .merge(carriers::router())
        .merge(mail_account::router())
        .merge(sms_account::router())
        .merge(sms_templates::router())
        .merge(suppressions::router())
        .merge(sops::router())
        .merge(sop_effect::router())
}

/// The whole server. Give the result to [`serve`], or call it in-process in a test.
pub fn router(app: App) -> Router {
    let root = tracking::router()
        .merge(wecom_callback::router())
        .merge(code_page::router())
        .merge(link_page::router())
        .merge(unsubscribe_page::router())
        .merge(sms_push::router())
        .merge(guide_seat::pages())
        .merge(wecom_login::pages());
    router_with(app, root)
}

/// The same with routes at the root: those any web page may call (the tracking API), see [`open_to_all`], and WeCom's.
pub fn router_with(app: App, open: Endpoints) -> Router {
    let (router, document) = document::assemble(routes(), open).split_for_parts();
    let router = router.merge(document::pages(document)).merge(health::router()).fallback(guide_page::answer);
    edge::wrap(router, app)
}
