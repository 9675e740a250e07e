/** What is shown: events, tables, files. */
@NullMarked
package dev.finetune.report;

import org.jspecify.annotations.NullMarked;
