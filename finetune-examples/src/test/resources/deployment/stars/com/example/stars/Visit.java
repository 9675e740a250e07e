package com.example.stars;

import java.util.List;

/** What a guest did, as numbers below the size of the vocabulary. */
public record Visit(List<Integer> events) {}
