//! What is in memory says the same as the database, whatever happened and in whatever order.
#![allow(clippy::unwrap_used)]

mod common;

use common::migrations;
use common::story::Story;
use serde_json::json;
use siyu_audience::{Rule, Scope};
use siyu_testkit::{TestDb, contract};

contract!(migrations(); memory_follows_everything, another_process_is_followed, memory_is_bounded);

/// `World::members` compares the two.
fn memory_follows_everything(test: TestDb) {
    let seed = 20_260_302;
    let mut story = Story::new(test, seed);
    story.prime();
    for round in 0..250 {
        story.step();
        let rule = story.rule();
        let stores = [Scope::All, Scope::Stores(vec!["S1".into()]), Scope::Stores(vec!["S9".into()])];
        story
            .world
            .members(&rule, &story.pick(&stores))
            .unwrap_or_else(|refusal| panic!("seed {seed}, round {round}: {refusal}"));
    }
}

fn another_process_is_followed(test: TestDb) {
    let story = Story::new(test, 5);
    story.prime();
    let world = &story.world;
    let city = Rule::parse(&json!({"field": "trait.city", "op": "exists", "value": true})).unwrap();
    assert_eq!(world.members(&city, &Scope::All).unwrap().len(), 1);
    let other = world.beside();
    other.set(story.people[2], "city", json!("上海"), world.ago(0));
    let new = other.person(&["phone:13900009999"]);
    other.set(new, "city", json!("上海"), world.ago(0));
    other.merge(story.people[3], story.people[2]);
    assert_eq!(world.members(&city, &Scope::All).unwrap().len(), 3);
}

/// With no room for fields, questions are answered all the same.
fn memory_is_bounded(test: TestDb) {
    let mut story = Story::new(test, 7);
    story.world.small_memory(150_000);
    story.prime();
    for _ in 0..40 {
        story.step();
        story.world.members(&story.rule(), &Scope::All).unwrap();
        // Ten are those of one question at most.
        assert!(story.world.shelf.stats().fields <= 10);
    }
}
