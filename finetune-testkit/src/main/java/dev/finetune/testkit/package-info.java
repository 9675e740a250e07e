/**
 * For unit tests of applications: {@link dev.finetune.testkit.TinyModels} and {@link dev.finetune.testkit.TinyData}, with which a
 * whole training takes a second, {@link dev.finetune.testkit.FakeHub} in place of the model hub, and
 * {@link dev.finetune.testkit.Numbers} to compare what comes out.
 *
 * <p>Everything is files and numbers of plain Java, so that any version and any part of the library can be tested with it.
 */
@NullMarked
package dev.finetune.testkit;

import org.jspecify.annotations.NullMarked;
