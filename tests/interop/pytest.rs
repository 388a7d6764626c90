//! The recipes for tests with pytest, run as they stand.

use support::{Client, Recipe, interpreter};

fn passes(file: &str) {
    // Without files beside the sources.
    let flags = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"];
    let mut recipe = Recipe::new(interpreter(), &flags, file);
    let finished = Client::run(recipe.command());
    assert!(finished.succeeded().contains("1 passed"), "{finished}");
}

#[test]
fn the_recipe_passes() {
    passes("pytest/test_restart.py");
}

#[test]
fn the_recipe_for_a_tunnel_passes() {
    passes("pytest/test_tunnel.py");
}
