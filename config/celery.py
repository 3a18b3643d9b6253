"""The Celery app. Tasks live in each app's tasks.py; when they run by themselves is in schedule.py."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Celery warns a worker that runs as root because of pickled messages. Ours are JSON and nothing else is accepted.
warnings.simplefilter("ignore", SecurityWarning)

app = Celery("puente")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()

from config.schedule import TIMETABLE  # noqa: E402

app.conf.beat_schedule = TIMETABLE
