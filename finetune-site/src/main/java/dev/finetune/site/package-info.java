/** Makes a static site of the documents and the Javadoc. */
@NullMarked
package dev.finetune.site;

import org.jspecify.annotations.NullMarked;
