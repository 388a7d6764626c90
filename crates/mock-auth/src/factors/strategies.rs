//! Several strategies as an argument: a tuple of different ones, or an array or vector of one type.

use mock_core::Authenticator;

/// Several strategies: a tuple of up to eight different ones, or an array or vector of one type, which may be
/// `Box<dyn Authenticator>`.
pub trait Strategies {
    /// Them, in their order.
    fn boxed(self) -> Vec<Box<dyn Authenticator>>;
}

impl<S: Authenticator + 'static> Strategies for Vec<S> {
    fn boxed(self) -> Vec<Box<dyn Authenticator>> {
        self.into_iter().map(|strategy| Box::new(strategy) as Box<dyn Authenticator>).collect()
    }
}

impl<S: Authenticator + 'static, const N: usize> Strategies for [S; N] {
    fn boxed(self) -> Vec<Box<dyn Authenticator>> {
        Vec::from(self).boxed()
    }
}

macro_rules! tuples {
    ($(($($name:ident)+),)+) => {
        $(
            impl<$($name: Authenticator + 'static),+> Strategies for ($($name,)+) {
                #[expect(non_snake_case, reason = "each is named after its type")]
                fn boxed(self) -> Vec<Box<dyn Authenticator>> {
                    let ($($name,)+) = self;
                    vec![$(Box::new($name)),+]
                }
            }
        )+
    };
}

tuples! {
    (A), (A B), (A B C), (A B C D), (A B C D E), (A B C D E F), (A B C D E F G), (A B C D E F G H),
}
