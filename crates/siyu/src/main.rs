//! `siyu`: one program that takes customer data in, knows people, and serves the console.

mod args;
mod audiences;
mod backup;
mod commands;
mod demo;
mod jobs;
mod lab;
mod mail;
mod output;
mod query;
mod quiet;
mod sandbox;
mod serve;
mod wecom;
mod workspace;

use args::{Cli, Command};
use clap::Parser;
use siyu_kernel::Refusal;
use std::process::ExitCode;

/// Many small allocations on several threads: the default allocator keeps twice the memory after an import.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let json = cli.json;
    match run(cli) {
        Ok(()) => ExitCode::SUCCESS,
        Err(refusal) => {
            output::refusal(&refusal, json);
            ExitCode::from(1)
        }
    }
}

fn run(cli: Cli) -> Result<(), Refusal> {
    let json = cli.json;
    match cli.command {
        Command::Init(args) => commands::init(&args, json),
        Command::Serve(args) => serve::serve(&args),
        Command::Key(args) => commands::key(&args, json),
        Command::Import(args) => commands::import(&args, json),
        Command::Query(args) => query::query(&args),
        Command::Backup(args) => backup::backup(&args, json),
        Command::Restore(args) => backup::restore(&args, json),
        Command::Migrate(args) => commands::migrate(&args, json),
        Command::Rebuild(args) => commands::rebuild(&args, json),
        Command::Doctor(args) => commands::doctor(&args, json),
        Command::Demo(args) => demo::demo(&args, json),
        Command::Sandbox(args) => sandbox::sandbox(&args, json),
        Command::Lab(args) => lab::lab(&args, json),
        Command::Wecom(args) => wecom::wecom(&args, json),
        Command::Mail(args) => mail::mail(&args, json),
    }
}
