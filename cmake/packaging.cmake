# `cmake --install` and the Debian package: cpack -G DEB in the build folder.
set(WAYBILL_CONFIG_DIR "/etc/waybill" CACHE PATH "Where the configuration is installed")
set(WAYBILL_UNIT_DIR "/lib/systemd/system" CACHE PATH "Where the systemd unit is installed")

install(TARGETS waybill RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(FILES "${PROJECT_SOURCE_DIR}/config/waybill.example.toml" DESTINATION "${WAYBILL_CONFIG_DIR}" RENAME waybill.toml)
install(FILES "${PROJECT_SOURCE_DIR}/systemd/waybill.service" DESTINATION "${WAYBILL_UNIT_DIR}")
install(FILES "${PROJECT_SOURCE_DIR}/README.md" "${PROJECT_SOURCE_DIR}/CHANGELOG.md" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/waybill")
install(FILES "${PROJECT_SOURCE_DIR}/LICENSE" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/waybill" RENAME copyright)
install(DIRECTORY "${PROJECT_SOURCE_DIR}/docs/" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/waybill/docs" FILES_MATCHING PATTERN "*.md")
install(DIRECTORY "${PROJECT_SOURCE_DIR}/config/" DESTINATION "${CMAKE_INSTALL_DATADIR}/doc/waybill/examples"
  FILES_MATCHING PATTERN "*.toml")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME waybill)
set(CPACK_PACKAGE_VERSION "${PROJECT_VERSION}")
set(CPACK_PACKAGE_VENDOR "The waybill authors")
set(CPACK_PACKAGE_CONTACT "The waybill authors <waybill@localhost>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
# /etc and /lib lie outside the prefix.
set(CPACK_SET_DESTDIR ON)
set(CPACK_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)

set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SECTION net)
set(CPACK_DEBIAN_PACKAGE_PRIORITY optional)
set(CPACK_DEBIAN_PACKAGE_DESCRIPTION
  "A deal that reaches its shipping stage becomes an order at the carrier;
its tracking number, status and troubles come back into the deal.
One order per shipment, whatever dies when. Runs with a Redis of its own
(needs redis-server) or with yours.")
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_DEPENDS "adduser, ca-certificates")
set(CPACK_DEBIAN_PACKAGE_RECOMMENDS "redis-server (>= 5:7.0)")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
file(WRITE "${PROJECT_BINARY_DIR}/package/conffiles" "${WAYBILL_CONFIG_DIR}/waybill.toml\n")
set(CPACK_DEBIAN_PACKAGE_CONTROL_EXTRA
  "${PROJECT_BINARY_DIR}/package/conffiles"
  "${PROJECT_SOURCE_DIR}/systemd/package/postinst"
  "${PROJECT_SOURCE_DIR}/systemd/package/prerm"
  "${PROJECT_SOURCE_DIR}/systemd/package/postrm")

include(CPack)
