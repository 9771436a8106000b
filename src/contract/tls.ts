/**
 * How a connection to a broker is encrypted.
 * @module
 */
import type { KnownOptions } from "../_internal/known_options.ts";

/** Encryption of a broker's connection. Needed only where the system's certificates are not enough. */
export interface TlsOptions {
  /** The certificate authorities to trust, PEM. Defaults to those that the runtime trusts. */
  readonly ca?: string | undefined;
  /** Your own certificate, PEM, for a broker that asks for one. Needs `key`. */
  readonly cert?: string | undefined;
  /** The key of your own certificate, PEM. */
  readonly key?: string | undefined;
  /** The name that the broker's certificate must have. Defaults to the host of the URL. */
  readonly servername?: string | undefined;
  /** Whether the broker's certificate is checked. Defaults to `true`. */
  readonly rejectUnauthorized?: boolean | undefined;
}

/** The names of the TLS options, to refuse others. */
export const TLS_OPTIONS: KnownOptions<TlsOptions> = {
  ca: true,
  cert: true,
  key: true,
  servername: true,
  rejectUnauthorized: true,
};
