/**
 * What the page with the AsyncAPI document shows.
 * @module
 */
import type { KnownOptions } from "../_internal/known_options.ts";

/** The parts of the page. Everything is shown by default. */
export interface AsyncApiHtmlOptions {
  /** Show the navigation at the side. */
  readonly sidebar?: boolean | undefined;
  /** Show the application. */
  readonly info?: boolean | undefined;
  /** Show its servers. */
  readonly servers?: boolean | undefined;
  /** Show what it sends and receives. */
  readonly operations?: boolean | undefined;
  /** Show its messages. */
  readonly messages?: boolean | undefined;
  /** Show the schemas that messages refer to. */
  readonly schemas?: boolean | undefined;
  /** Show what is wrong with the document. */
  readonly errors?: boolean | undefined;
  /** Show the examples of messages expanded. */
  readonly expandMessageExamples?: boolean | undefined;
}

/** Their names. */
export const ASYNC_API_HTML_OPTIONS: KnownOptions<AsyncApiHtmlOptions> = {
  sidebar: true,
  info: true,
  servers: true,
  operations: true,
  messages: true,
  schemas: true,
  errors: true,
  expandMessageExamples: true,
};
