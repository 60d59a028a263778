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
    for item in paths.paths.values_mut() {
        operations(item).for_each(|operation| document(operation, gate));
    }
    schemas.push(("Error".into(), ErrorBody::schema()));
    (schemas, paths, methods)
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    [&mut item.get, &mut item.post, &mut item.put, &mut item.patch, &mut item.delete].into_iter().flatten()
}

fn document(operation: &mut Operation, gate: &'static str) {
    operation.extensions.get_or_insert_default().insert("x-permission".into(), Value::from(gate));
    let none: [&str; 0] = [];
    operation.security = match gate {
        "public" => Some(Vec::new()),
        "session" => Some(vec![SecurityRequirement::new("session", none)]),
        _ => Some(vec![SecurityRequirement::new("session", none), SecurityRequirement::new("key", none)]),
    };
    let body = ContentBuilder::new().schema(Some(Ref::from_schema_name("Error"))).build();
    let refused =
        ResponseBuilder::new().description("Refused; `code` says why").content("application/json", body).build();
    operation.responses.responses.insert("default".into(), RefOr::T(refused));
}
