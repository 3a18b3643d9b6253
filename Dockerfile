FROM python:3.11-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1 PIP_DISABLE_PIP_VERSION_CHECK=1
RUN useradd --system --uid 1000 --create-home --home-dir /app puente
WORKDIR /app

# The libraries change seldom, so their layer is built before the code comes in.
COPY requirements.txt requirements-s3.txt ./
RUN pip install --requirement requirements.txt --requirement requirements-s3.txt

COPY --chown=puente:puente . .
USER puente
ENV DATA_DIR=/app/var HOST=0.0.0.0 PORT=8000 LIVE_PORT=8001 MAIL_PORT=2525 DEMO=0
# Static files belong to the image; uploads are a volume. No secret is needed for this and none is kept.
RUN mkdir -p var/files && HOST=127.0.0.1 python manage.py collectstatic --noinput --verbosity 0

EXPOSE 8000 8001 2525
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s \
    CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/health/', timeout=4)"]
CMD ["gunicorn", "config.wsgi", "--bind", "0.0.0.0:8000", "--no-control-socket", "--workers", "2", "--worker-class", "gthread", "--threads", "4"]
