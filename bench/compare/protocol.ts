/**
 * What a measuring process says to the one that started it, one line each.
 * @module
 */

/** Before each line; whatever else is printed is not meant. */
export const MARK = "@bench ";
