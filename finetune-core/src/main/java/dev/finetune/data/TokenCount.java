package dev.finetune.data;

/**
 * What a model that reads tokens takes of an example.
 *
 * @param tokens how many it has, special ones included, before anything is cut off
 * @param kept how many of them the model reads
 * @param labelled how many of the tokens that it reads are learned to be written
 * @param answerLost whether the example is of no use for that: an answer that it has lies beyond what the model reads, all of it, or there is none
 */
public record TokenCount(int tokens, int kept, int labelled, boolean answerLost) {}
