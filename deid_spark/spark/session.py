"""The Spark session: on this machine, on a cluster, or the one that is already there; with Delta, and clear errors."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from pyspark.sql import SparkSession

from deid_spark.errors import DeidError

DELTA_PACKAGE = "io.delta:delta-spark_2.12:3.3.3"
DELTA_CLASS = "io.delta.sql.DeltaSparkSessionExtension"

# Spark NLP, for neural detection in the JVM. Off by default: `ner_packages=True` adds these.
NER_PACKAGES = (
    "com.johnsnowlabs.nlp:spark-nlp_2.12:5.5.3",
    # Its BERT annotators name TensorFlow's ndarray types even when the model is ONNX; the classes are enough.
    "org.tensorflow:tensorflow-core-api:0.4.2",
)
# Hundreds of megabytes of engines and cloud clients that ONNX annotators never touch.
NER_EXCLUDES = (
    "com.johnsnowlabs.nlp:tensorflow-cpu_2.12",
    "com.johnsnowlabs.nlp:jsl-llamacpp-cpu_2.12",
    "com.johnsnowlabs.nlp:jsl-openvino-cpu_2.12",
    "org.apache.httpcomponents:httpcore",
    "org.apache.httpcomponents:httpclient",
    "com.google.cloud:google-cloud-storage",
    "com.azure:azure-identity",
    "com.azure:azure-storage-blob",
    "org.apache.poi:poi-ooxml",
    "org.apache.poi:poi-scratchpad",
    "org.bytedeco:javacpp",
    "com.google.protobuf:protobuf-java",
)

JAVA_VERSIONS = (11, 17)  # what Spark 3.5 runs on; 8 is left out because pyarrow's JVM side needs more flags there

# Can be set only before a session starts.
STATIC_SETTINGS = {
    "spark.sql.extensions": DELTA_CLASS,
    "spark.sql.catalog.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    "spark.serializer": "org.apache.spark.serializer.KryoSerializer",
    "spark.ui.showConsoleProgress": "false",
    # Shuffle files, broadcasts and caches hold notes and the key: not in the clear on the workers' disks.
    "spark.io.encryption.enabled": "true",
    "spark.sql.debug.maxToStringFields": "100",
}

# Laid over a session for the time of a run.
RUN_SETTINGS = {
    "spark.sql.adaptive.enabled": "true",
    "spark.sql.adaptive.coalescePartitions.enabled": "true",
    # Values that cannot be cast become null and are quarantined; ANSI errors would print them.
    "spark.sql.ansi.enabled": "false",
    # A Python worker is told that a task is over when it is, not a batch later.
    "spark.sql.execution.pythonUDF.arrow.enabled": "true",
    # Simplified tracebacks leave out Spark's own frames; ours carry no text.
    "spark.sql.execution.pyspark.udf.simplifiedTraceback.enabled": "true",
    # A PHI column can never join a release because a source has grown one.
    "spark.databricks.delta.schema.autoMerge.enabled": "false",
}

# On one machine the JVM shares its cores with the Python workers, which do nearly all of the work: what the second
# compiler would save on Spark's part of it is less than it takes. Half of the JVM's processor time went into it.
LOCAL_JAVA_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseParallelGC"

LOCAL_SETTINGS = {
    "spark.driver.extraJavaOptions": LOCAL_JAVA_OPTIONS,
    "spark.master": "local[*]",
    "spark.ui.enabled": "false",
    "spark.driver.memory": "4g",
    # What all workers need is built once and forked.
    "spark.python.daemon.module": "deid_spark.spark.daemon",
    "spark.sql.shuffle.partitions": "8",
    # Some 2 million words of compressed notes a task: cores end together, and a task that fails costs seconds.
    "spark.sql.files.maxPartitionBytes": "8m",
    "spark.databricks.delta.snapshotPartitions": "2",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.driver.host": "127.0.0.1",
}


class SessionError(DeidError):
    """A Spark session with Delta cannot be had; the message says what to do."""


def get_session(
    settings: Mapping[str, str] | None = None, *, app_name: str = "deid_spark", ner_packages: bool = False
) -> SparkSession:
    """The active session, or a new one: under spark-submit on its cluster, otherwise on this machine.

    `settings`: `spark.*` names and values of the config; they win over the defaults here. Raises SessionError when Java
    is missing or of another version, or when Delta's jars cannot be had.
    """
    given = dict(settings or {})
    active = SparkSession.getActiveSession()
    if active is None:
        active = _start(given, app_name, ner_packages)
    for name, value in {**RUN_SETTINGS, **given}.items():
        if active.conf.isModifiable(name):
            active.conf.set(name, value)
    _require_delta(active)
    return active


def _start(given: dict[str, str], app_name: str, ner_packages: bool) -> SparkSession:
    submitted = "PYSPARK_GATEWAY_PORT" in os.environ  # spark-submit has started the JVM and chosen master and jars
    defaults: dict[str, str] = dict(STATIC_SETTINGS)
    if not submitted:
        check_java()
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)  # workers need the packages that the driver has
        defaults.update(LOCAL_SETTINGS)
        defaults["spark.jars.packages"] = ",".join((DELTA_PACKAGE, *(NER_PACKAGES if ner_packages else ())))
        if ner_packages:
            defaults["spark.jars.excludes"] = ",".join(NER_EXCLUDES)
    builder: Any = SparkSession.builder.appName(app_name)
    for name, value in {**defaults, **given}.items():
        builder = builder.config(name, value)
    try:
        spark = builder.getOrCreate()
    except Exception as error:
        raise SessionError(_explain_start(str(error), submitted)) from None
    spark.sparkContext.setLogLevel("ERROR")
    return spark


def check_java() -> None:
    """Raise SessionError unless the Java that Spark would start is one that Spark 3.5 runs on."""
    home = os.environ.get("JAVA_HOME")
    java = os.path.join(home, "bin", "java") if home else shutil.which("java")
    if java is None or not os.path.exists(java):
        where = f"JAVA_HOME is {home}, but there is no bin/java in it" if home else "there is no `java` on the PATH"
        raise SessionError(f"Spark needs Java 17, and {where}. {_HOW_JAVA}")
    found = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)(?:\.(\d+))?', found.stderr + found.stdout)
    if match is None:
        raise SessionError(f"`{java} -version` names no version. {_HOW_JAVA}")
    major = int(match[2] or 0) if match[1] == "1" else int(match[1])
    if major not in JAVA_VERSIONS:
        raise SessionError(f"Spark 3.5 needs Java 17 (11 works too), and {java} is Java {major}. {_HOW_JAVA}")


_HOW_JAVA = (
    "Install it (Debian, Ubuntu: apt-get install openjdk-17-jre-headless; macOS: brew install openjdk@17) "
    "or set JAVA_HOME to it."
)
_HOW_JARS = (
    f"Delta's jars ({DELTA_PACKAGE}) could not be had. They come from Maven Central at the first start and are kept in "
    "~/.ivy2. Without a network: copy ~/.ivy2 from a machine that has started once, or name the jars in the config "
    '([spark] "spark.jars" = "…" and "spark.jars.packages" = ""). After a "download failed", a local repository holds '
    "a pom without its jar: remove io/delta under ~/.m2/repository and io.delta under ~/.ivy2/cache, and try again."
)


def _explain_start(message: str, submitted: bool) -> str:
    if submitted:
        return (
            "spark-submit started, but a session with Delta could not be made. Give it Delta's jars: "
            f"spark-submit --packages {DELTA_PACKAGE} …, or --properties-file conf/spark-submit.conf"
        )
    # An Ivy failure ends the JVM before its gateway answers; which jar failed stands above, in Ivy's own output.
    if "JAVA_GATEWAY_EXITED" in message or "gateway process exited" in message:
        return f"Java started but Spark did not. {_HOW_JARS}"
    if "ClassNotFound" in message or "DeltaSparkSessionExtension" in message:
        return _HOW_JARS
    first_line = message.strip().splitlines()[0] if message.strip() else "no reason given"
    return f"Spark did not start: {first_line}"


def _require_delta(spark: SparkSession) -> None:
    """Delta must be on the class path and its extension on, whoever started the session."""
    try:
        jvm: Any = spark._jvm
        jvm.java.lang.Thread.currentThread().getContextClassLoader().loadClass(DELTA_CLASS)
    except Exception:
        how = _explain_start("ClassNotFound", "PYSPARK_GATEWAY_PORT" in os.environ)
        raise SessionError(f"Delta is not on the class path of this session. {how}") from None
    if DELTA_CLASS not in (spark.conf.get("spark.sql.extensions", "") or ""):
        raise SessionError(
            "this session was started without Delta's extension: set spark.sql.extensions to "
            f"{DELTA_CLASS} and spark.sql.catalog.spark_catalog to {STATIC_SETTINGS['spark.sql.catalog.spark_catalog']}"
        )
