//! The accounts on both engines; mail goes to a server that keeps it, SMS to a provider that answers as it is told.

mod accounts;
mod alone;
mod news;
mod server;
mod unsubscribing;
mod world;
