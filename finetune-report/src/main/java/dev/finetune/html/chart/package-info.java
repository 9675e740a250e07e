/** Small charts as SVG, which read well without being seen. */
@NullMarked
package dev.finetune.html.chart;

import org.jspecify.annotations.NullMarked;
