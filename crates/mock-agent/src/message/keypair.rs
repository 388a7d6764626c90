//! Private keys as they stand in a request to add one (RFC 9987 section 3.2), with and without a certificate.
//!
//! Without one, it is the form of OpenSSH's key files, which the key library reads. With one, the certificate stands
//! in place of the public part, and only what is private follows.

use ssh_key::{
    Algorithm, Certificate, Error, PublicKey,
    encoding::{self, Decode, Encode},
    private::{EcdsaKeypair, Ed25519Keypair, KeypairData, RsaKeypair, SkEcdsaSha2NistP256, SkEd25519},
    public::{EcdsaPublicKey, KeyData},
};

/// A private key, and the certificate that came with it.
pub(super) type Keys = (KeypairData, Option<Box<Certificate>>);

/// Reads one, and leaves behind it whatever follows.
pub(super) fn decode(reader: &mut &[u8]) -> Result<Keys, Error> {
    let name = String::decode(reader)?;
    if Algorithm::new_certificate(&name).is_ok() {
        return decode_certified(reader);
    }
    match Algorithm::new(&name)? {
        // Whoever reads on does not know where such a key ends.
        Algorithm::Other(_) => Err(Error::AlgorithmUnknown),
        algorithm => Ok((KeypairData::decode_as(reader, algorithm)?, None)),
    }
}

fn decode_certified(reader: &mut &[u8]) -> Result<Keys, Error> {
    let blob = Vec::<u8>::decode(reader)?;
    let KeyData::Certificate(certificate) = PublicKey::from_bytes(&blob)?.key_data().clone() else {
        return Err(Error::FormatEncoding);
    };
    let keypair = match certificate.public_key() {
        KeyData::Ed25519(_) => KeypairData::Ed25519(Ed25519Keypair::decode(reader)?),
        KeyData::Rsa(public) => KeypairData::Rsa(RsaKeypair::new(public.clone(), Decode::decode(reader)?)?),
        KeyData::Ecdsa(public) => KeypairData::Ecdsa(match *public {
            EcdsaPublicKey::NistP256(public) => {
                EcdsaKeypair::NistP256 { public, private: Decode::decode(reader)? }
            }
            EcdsaPublicKey::NistP384(public) => {
                EcdsaKeypair::NistP384 { public, private: Decode::decode(reader)? }
            }
            EcdsaPublicKey::NistP521(public) => {
                EcdsaKeypair::NistP521 { public, private: Decode::decode(reader)? }
            }
        }),
        KeyData::SkEd25519(public) => {
            let (flags, handle) = decode_token(reader)?;
            KeypairData::SkEd25519(SkEd25519::new(public.clone(), flags, handle)?)
        }
        KeyData::SkEcdsaSha2NistP256(public) => {
            let (flags, handle) = decode_token(reader)?;
            KeypairData::SkEcdsaSha2NistP256(SkEcdsaSha2NistP256::new(public.clone(), flags, handle)?)
        }
        other => return Err(Error::AlgorithmUnsupported { algorithm: other.algorithm() }),
    };
    Ok((keypair, Some(certificate)))
}

/// What a key of a security key holds behind its public part: flags and handle, for which the application is told
/// again.
fn decode_token(reader: &mut &[u8]) -> Result<(u8, Vec<u8>), Error> {
    let _application = String::decode(reader)?;
    let (flags, handle) = (u8::decode(reader)?, Vec::decode(reader)?);
    let _reserved = Vec::<u8>::decode(reader)?;
    Ok((flags, handle))
}

/// The inverse of [`decode`].
pub(super) fn encode(keypair: &KeypairData, certificate: Option<&Certificate>) -> encoding::Result<Vec<u8>> {
    let mut out = Vec::new();
    let Some(certificate) = certificate else {
        keypair.encode(&mut out)?;
        return Ok(out);
    };
    certificate.algorithm().to_certificate_type().encode(&mut out)?;
    certificate.to_bytes().map_err(|_| encoding::Error::Length)?.encode(&mut out)?;
    match keypair {
        KeypairData::Ed25519(key) => key.encode(&mut out)?,
        KeypairData::Rsa(key) => key.private().encode(&mut out)?,
        KeypairData::Ecdsa(EcdsaKeypair::NistP256 { private, .. }) => private.encode(&mut out)?,
        KeypairData::Ecdsa(EcdsaKeypair::NistP384 { private, .. }) => private.encode(&mut out)?,
        KeypairData::Ecdsa(EcdsaKeypair::NistP521 { private, .. }) => private.encode(&mut out)?,
        KeypairData::SkEd25519(key) => {
            encode_token(key.public().application(), key.flags(), key.key_handle(), &mut out)?;
        }
        KeypairData::SkEcdsaSha2NistP256(key) => {
            encode_token(key.public().application(), key.flags(), key.key_handle(), &mut out)?;
        }
        _ => return Err(encoding::Error::Length),
    }
    Ok(out)
}

fn encode_token(application: &str, flags: u8, handle: &[u8], out: &mut Vec<u8>) -> encoding::Result<()> {
    application.encode(out)?;
    flags.encode(out)?;
    handle.encode(out)?;
    [0_u8; 0].as_slice().encode(out)
}
