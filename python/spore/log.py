"""mindspore.log: messages, through Python's logging."""
import logging

_logger = logging.getLogger("spore")
debug, info, warning, error, critical = _logger.debug, _logger.info, _logger.warning, _logger.error, _logger.critical


def get_level():
    return str(_logger.getEffectiveLevel() // 10)
