//! What both samples come with: rule tags, a board, audiences. Made once; what a user changed or removed later stays so.

use crate::workspace::Open;
use serde_json::{Value, json};
use siyu_audience::{AudienceIn, Rule};
use siyu_guides::{ScriptBody, ScriptIn, ScriptKind};
use siyu_insight::{BoardIn, Kind, Seen};
use siyu_kernel::{Refusal, new_id};
use siyu_people::{TagIn, TagKind};

/// Group, name, colour, rule.
pub type TagRule = (&'static str, &'static str, &'static str, &'static str);

pub fn make_tags(open: &Open, rules: &'static [TagRule]) -> Result<(), Refusal> {
    let (people, now) = (open.app.people.clone(), open.app.now());
    open.app.db.transact(move |tx| {
        for (group, name, color, rule) in rules {
            if people.tag_named(tx, name)?.is_none() {
                people.create_tag(
                    tx,
                    &TagIn {
                        group: (*group).into(),
                        name: (*name).into(),
                        color: (*color).into(),
                        kind: TagKind::Rule,
                        description: String::new(),
                        rule: Some((*rule).into()),
                        ttl_days: None,
                    },
                    now,
                )?;
            }
        }
        Ok(())
    })?;
    open.app.audience.run_due(&open.app.db, &open.ctx()?).map(drop)
}

/// The first look at boards is a board, with the questions that the console itself would begin with, and `own` ones.
pub fn make_board(open: &Open, titles: &[(Kind, &str, i64)], own: &[(Kind, &str, i64, Value)]) -> Result<(), Refusal> {
    let app = &open.app;
    app.projection.catch_up()?;
    let zone = app.projection.zone();
    let specs = siyu_insight::defaults(&Seen::of(&*app.projection.catalogue()?, &zone), zone.day(app.now()));
    let usual = titles.iter().filter_map(|(kind, title, width)| {
        let spec = specs.get(kind.name())?;
        Some(json!({ "title": title, "kind": kind.name(), "spec": spec, "width": width }))
    });
    let own = own
        .iter()
        .map(|(kind, title, width, spec)| json!({ "title": title, "kind": kind.name(), "spec": spec, "width": width }));
    let items = usual.chain(own).collect::<Vec<_>>().into();
    let board = BoardIn::parse("经营一览", &items, || new_id("bit", app.now(), &app.chance))?;
    let (chance, now) = (app.chance.clone(), app.now());
    app.db.transact(move |tx| {
        if siyu_insight::boards(tx)?.is_empty() {
            siyu_insight::create_board(tx, &board, &chance, now)?;
        }
        Ok(())
    })
}

pub fn make_audiences(open: &Open, rules: &[(&str, &str)]) -> Result<(), Refusal> {
    let (app, ctx) = (&open.app, open.ctx()?);
    for (name, rule) in rules {
        let input = AudienceIn::rule(name, Rule::from_text(rule)?);
        let there = app.db.read(|tx| Ok(!app.audience.all_stored(tx, Some(name), None, 1)?.0.is_empty()))?;
        if there {
            continue;
        }
        let people = app.db.read(|tx| app.audience.meant(tx, &input, &ctx))?;
        let (audience, ctx, id) = (app.audience.clone(), ctx.clone(), new_id("aud", app.now(), &app.chance));
        app.db.transact(move |tx| audience.create(tx, &id, &input, &people, "demo", &ctx).map(drop))?;
    }
    Ok(())
}

/// Folder, title, text, and the next action it is for.
pub type OwnScript = (&'static str, &'static str, &'static str, Option<&'static str>);

pub fn make_scripts(open: &Open, own: &'static [OwnScript]) -> Result<(), Refusal> {
    let guides = open.app.guides.clone();
    open.app.db.transact(move |tx| {
        if !guides.folders(tx)?.is_empty() {
            return Ok(());
        }
        let mut folders: Vec<(&str, String)> = Vec::new();
        for (folder, title, text, action) in own {
            let known = folders.iter().find(|(name, _)| name == folder).map(|(_, id)| id.clone());
            let id = match known {
                Some(id) => id,
                None => {
                    let id = guides.add_folder(tx, folder)?.id;
                    folders.push((folder, id.clone()));
                    id
                }
            };
            let script = ScriptIn {
                folder: id,
                kind: ScriptKind::Text,
                title: (*title).into(),
                body: ScriptBody { text: (*text).into(), ..ScriptBody::default() },
                action: action.map(str::to_owned),
                image: None,
                by: "demo".into(),
            };
            guides.add_script(tx, &script)?;
        }
        Ok(())
    })
}
