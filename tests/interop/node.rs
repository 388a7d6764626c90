//! The recipe for tests with Node, run as it stands.

use support::{Client, Recipe};

#[test]
fn the_recipe_passes() {
    let mut recipe = Recipe::new("node", &[], "node/restart.test.mjs");
    let finished = Client::run(recipe.command());
    assert!(finished.succeeded().contains("pass 1"), "{finished}");
}
