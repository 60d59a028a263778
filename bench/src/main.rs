//! Benchmarks of the program that people get: started as they start it, spoken to over HTTP and the command line.
//!
//! Each work is one file of [`works`]; it reports rows, which are printed and appended to a file for `bench/peers/table.py`.
//! `scripts/bench.sh` prepares what the chosen works need and runs this; docs/benchmarks.md says what the figures mean.

mod bench;
mod crowd;
mod http;
mod memory;
mod postgres_peer;
mod program;
mod row;
mod shop;
mod traffic;
mod wecom;
mod works;

use bench::{Bench, Size};
use clap::Parser;
use std::path::PathBuf;
use std::process::ExitCode;

/// Anything that goes wrong ends the benchmark; nobody handles it.
pub type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
#[command(
    name = "siyu-bench",
    about = "Measures Siyu. `make bench` prepares what it needs and adds the peers' figures."
)]
struct Args {
    /// Works to run, in their own order; all when absent.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    #[arg(long, value_enum, default_value = "full")]
    size: Size,
    /// Print what the chosen works need (postgres, events), one word a line, and stop.
    #[arg(long)]
    needs: bool,
    /// Print the names of the chosen works that read stored events, or of the others, one a line, and stop.
    #[arg(long, value_enum)]
    works: Option<Which>,
    /// The program to measure.
    #[arg(long, env = "SIYU_BIN", default_value = "target/release/siyu")]
    program: PathBuf,
    /// Rows are appended here, one JSON object a line.
    #[arg(long, env = "SIYU_BENCH_RESULTS")]
    results: Option<PathBuf>,
    /// A PostgreSQL that syncs every commit.
    #[arg(long, env = "SIYU_BENCH_POSTGRES", hide_env_values = true)]
    postgres: Option<String>,
    /// The folder that bench/peers/events.py made.
    #[arg(long, env = "SIYU_BENCH_EVENTS")]
    events: Option<PathBuf>,
    /// One analytical work, once, on part files that are there: a cold run.
    #[arg(long, hide = true, requires = "parts")]
    once: Option<String>,
    #[arg(long, hide = true)]
    parts: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, clap::ValueEnum)]
enum Which {
    Stored,
    Other,
}

fn main() -> ExitCode {
    match run(Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("siyu-bench: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(args: Args) -> Outcome {
    if let (Some(work), Some(parts), Some(events)) = (&args.once, &args.parts, &args.events) {
        return works::analytics::once(work, parts, events);
    }
    let chosen = works::chosen(&args.only)?;
    if let Some(which) = args.works {
        let wanted = chosen.iter().filter(|work| work.needs.contains(&"events") == (which == Which::Stored));
        wanted.for_each(|work| println!("{}", work.name));
        return Ok(());
    }
    if args.needs {
        works::needs(&chosen).iter().for_each(|need| println!("{need}"));
        return Ok(());
    }
    let bench = Bench::new(&args.program, args.size, args.results.as_deref(), args.postgres, args.events)?;
    for work in chosen {
        eprintln!("-- {}: {} [load {}]", work.name, work.about, memory::load());
        (work.run)(&bench).map_err(|error| format!("{}: {error}", work.name))?;
    }
    Ok(())
}
