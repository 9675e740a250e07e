/**
 * Several files of a directory replaced as one. Files are written beside, on the same file system; a commit record says
 * which of them go into place, and what goes away; the rename that makes the record visible is the moment from which the
 * directory holds the new files, whether or not they have been moved yet. Whoever finds a record, reader or writer, carries
 * it out first, which can be done again and again with the same outcome.
 */
@org.jspecify.annotations.NullMarked
package dev.finetune.internal.saving;
