package dev.finetune.data;

/** A row and where it is. */
record PlacedRow<I>(DataReport.Place place, Example<I> example) {}
