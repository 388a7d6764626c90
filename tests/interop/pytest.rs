//! The recipe for tests with pytest, run as it stands.

use support::{Client, Recipe, interpreter};

#[test]
fn the_recipe_passes() {
    // Without files beside the sources.
    let flags = ["-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"];
    let mut recipe = Recipe::new(interpreter(), &flags, "pytest/test_restart.py");
    let finished = Client::run(recipe.command());
    assert!(finished.succeeded().contains("1 passed"), "{finished}");
}
