//! Registering handlers: [`endpoints!`](crate::endpoints) takes those whose first argument is a gate, and writes the gate into the API document.

use crate::App;
use crate::error::ErrorBody;
use crate::gate::Gate;
use serde_json::Value;
use utoipa::PartialSchema;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{ContentBuilder, Ref, RefOr, ResponseBuilder};
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};

/// Handlers with their documentation.
pub type Endpoints = OpenApiRouter<App>;

/// Handlers of one file: `endpoints!(list, add, change)`.
#[macro_export]
macro_rules! endpoints {
    ($($handler:ident),+ $(,)?) => {{
        let mut router = $crate::Endpoints::new();
        $( router = router.routes($crate::route::guarded(::utoipa_axum::routes!($handler), $crate::route::gate_of(&$handler))); )+
        router
    }};
}

/// A handler whose first argument is a [`Gate`].
pub trait Guarded<Arguments> {
    const GATE: &'static str;
}

macro_rules! guarded {
    ($($more:ident),*) => {
        impl<Function, Future, First: Gate, $($more),*> Guarded<(First, $($more,)*)> for Function
        where
            Function: Fn(First, $($more),*) -> Future,
        {
            const GATE: &'static str = First::NAME;
        }
    };
}
guarded!();
guarded!(B);
guarded!(B, C);
guarded!(B, C, D);
guarded!(B, C, D, E);
guarded!(B, C, D, E, F);
guarded!(B, C, D, E, F, G);
guarded!(B, C, D, E, F, G, H);

#[doc(hidden)]
pub fn gate_of<Arguments, Handler: Guarded<Arguments>>(_: &Handler) -> &'static str {
    Handler::GATE
}

/// Writes into each operation what its gate demands and how it refuses.
#[doc(hidden)]
pub fn guarded(
    (mut schemas, mut paths, methods): UtoipaMethodRouter<App>,
    gate: &'static str,
) -> UtoipaMethodRouter<App> {
    for (path, item) in &mut paths.paths {
        for (method, operation) in operations(item) {
            // Handlers of different files share names (`list`, `add`); the document wants each once.
            operation.operation_id = Some(operation_id(method, path));
            document(operation, gate);
        }
    }
    schemas.push(("Error".into(), ErrorBody::schema()));
    (schemas, paths, methods)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("post", &mut item.post),
        ("put", &mut item.put),
        ("patch", &mut item.patch),
        ("delete", &mut item.delete),
    ];
    all.into_iter().filter_map(|(method, operation)| Some((method, operation.as_mut()?)))
}

/// `patch /users/{id}` is `patch_users_id`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    words.fold(method.to_owned(), |id, word| id + "_" + word)
}

fn document(operation: &mut Operation, gate: &'static str) {
    operation.extensions.get_or_insert_default().insert("x-permission".into(), Value::from(gate));
    let none: [&str; 0] = [];
    operation.security = match gate {
        "public" => Some(Vec::new()),
        "session" => Some(vec![SecurityRequirement::new("session", none)]),
        _ => Some(vec![SecurityRequirement::new("session", none), SecurityRequirement::new("key", none)]),
    };
    for (status, response) in &mut operation.responses.responses {
        if let RefOr::T(response) = response
            && response.description.is_empty()
        {
            response.description = if status == "204" { "Done" } else { "The result" }.into();
        }
    }
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    let refused =
        ResponseBuilder::new().description("Refused; `code` says why").content("application/json", body).build();
    operation.responses.responses.insert("default".into(), RefOr::T(refused));
}
