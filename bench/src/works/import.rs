//! Order lines from a CSV file, by the command; once more four times as many, to see that memory does not follow the file.

use super::Work;
use crate::Outcome;
use crate::bench::Bench;
use crate::row::{Row, round};
use crate::{memory, shop};

pub const WORK: Work = Work {
    name: "import",
    about: "siyu import orders FILE.csv: orders, products, stores, buyers and their totals",
    needs: &[],
    run,
};

const BAR_PER_SECOND: f64 = 50_000.0;
const BAR_PEAK_MB: f64 = 400.0;

fn run(bench: &Bench) -> Outcome {
    let lines = bench.sized(100_000, 1_000_000);
    for lines in [lines, 4 * lines] {
        let (file, data) = (bench.path("lines.csv"), bench.path("import"));
        let written = shop::write(&file, lines)?;
        bench.program.init(&data)?;
        let done = bench.program.import(&data, "orders", &file)?;
        let want = (Some(lines), Some(0), Some(written.orders), Some(written.revenue));
        let summary = &done.summary;
        let got = (
            summary["imported"].as_u64(),
            summary["rejected"].as_u64(),
            summary["orders"].as_u64(),
            summary["revenue"].as_i64(),
        );
        if got != want {
            return Err(format!("the import answered {summary}, the file holds {want:?}").into());
        }
        let rate = lines as f64 / done.seconds;
        bench.report(
            Row::ours("import", lines, done.seconds)
                .rate()
                .note("file_mb", round(written.bytes as f64 / 1e6))
                .note("orders", written.orders)
                .note("people", summary["people_new"].clone())
                .note("peak_mb", round(done.peak_mb))
                .note("database_mb", round(memory::bytes_in(&data) as f64 / 1e6))
                .bar(">= 50,000 rows/s, < 400 MB", rate >= BAR_PER_SECOND && done.peak_mb < BAR_PEAK_MB),
        )?;
        std::fs::remove_dir_all(&data)?;
        std::fs::remove_file(&file)?;
    }
    Ok(())
}
