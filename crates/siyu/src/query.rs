//! `siyu query`: what `POST /api/v1/analysis/{kind}` answers, without a server.

use crate::args::Query;
use crate::output;
use crate::workspace::Folder;
use serde_json::Value;
use siyu_audience::Scope;
use siyu_db::OpenMode;
use siyu_insight::{Kind, Reader, Spec};
use siyu_kernel::{Refusal, Stopwatch};
use std::io::Read;
use std::path::Path;

/// Whoever runs this command holds the data folder and its key, and sees everybody.
pub fn query(args: &Query) -> Result<(), Refusal> {
    let watch = Stopwatch::start();
    // Before anything is opened: a mistake in the spec is told at once.
    let spec = Spec::from_text(Kind::parse(&args.kind)?, &text(&args.spec)?)?;
    let open = Folder::open(&args.place.data)?.open_all(OpenMode::Check, false)?;
    let app = &open.app;
    app.projection.catch_up()?;
    let scene = app.insight.scene(&app.projection, app.now())?;
    let reader = Reader { scope: Scope::All, ctx: open.ctx()? };
    let question = app.db.read(|tx| app.insight.prepare(tx, spec.clone(), &reader, &scene))?;
    let mut answer = question.answer(&scene)?;
    answer.insert("took_ms".into(), Value::from((watch.seconds() * 1000.0).ceil() as u64));
    output::line(&Value::Object(answer));
    Ok(())
}

const BYTES_MAX: u64 = 1 << 20;

fn text(path: &Path) -> Result<String, Refusal> {
    let mut text = String::new();
    let read = if path == Path::new("-") {
        std::io::stdin().lock().take(BYTES_MAX).read_to_string(&mut text)
    } else {
        std::fs::File::open(path).and_then(|file| file.take(BYTES_MAX).read_to_string(&mut text))
    };
    read.map_err(|error| {
        Refusal::invalid(
            "spec_file",
            format!("The spec {} cannot be read: {error}.", path.display()),
            format!("无法读取查询定义 {}：{error}。", path.display()),
        )
        .because(error)
    })?;
    Ok(text)
}
